import { ASKING } from "./phrases/asking.ts";
import { LENDING } from "./phrases/lending.ts";
import { MOVING } from "./phrases/moving.ts";
import { REASONS } from "./phrases/reasons.ts";
import type { Rules } from "./phrases/rules.ts";
import { SMALL_TALK } from "./phrases/small-talk.ts";
import { STAKING } from "./phrases/staking.ts";
import { WISHING } from "./phrases/wishing.ts";
import type { Tool } from "./templates.ts";

/** Ways to ask that take a command, a gerund or a state; `@` is the tool. */
const FRAMES: Rules = {
  "@.said": [
    "<@.vp>",
    "<@.vp>",
    "<@.vp>",
    "<@.vp>",
    "<wish> <@.vp>",
    "<wish> <@.vp>",
    "<ask> <@.vp>",
    "<@.ger-ask> <@.ger>",
    "<@.state>",
    "<@.state>",
    "<@.own>",
    "<@.own>",
    "<@.own>",
    "<@.own>",
  ],
  "@.state": [
    "<t> [should|must|needs to|has to|ought to|can] be <@.pp>",
    "<want> <t> <@.pp>",
    "<want> <t> to be <@.pp>",
    "[please |][have|get] <t> <@.pp>",
    "[please |]see that <t> [is|gets] <@.pp>",
    "make sure <t> [is|gets] <@.pp>",
    "[let|may] <t> be <@.pp>",
    "[it is time|i am ready|i plan] to have <t> <@.pp>",
    "can <t> be <@.pp>",
    "<t> [is|are] to be <@.pp>",
  ],
};

const ACTIONS = ["lend", "withdraw", "borrow", "repay", "swap", "transfer", "stake", "unstake", "bridge"] as const;

/** The frames with `@` replaced by each action: the sentence of a tool is `<tool.said>` with or without a reason. */
function actionRules(): Rules {
  const entries = ACTIONS.flatMap((tool) => [
    ...Object.entries(FRAMES).map(
      ([name, phrases]) => [name.replace("@", tool), phrases.map((phrase) => phrase.replaceAll("@", tool))] as const,
    ),
    [
      tool,
      [
        ...Array(7).fill(`<${tool}.said>`),
        `<${tool}.said> <reason>`,
        `<${tool}.said> <reason>`,
        `<before><${tool}.said>`,
      ],
    ] as const,
  ]);
  return Object.fromEntries(entries);
}

/** All rules by name: `<tool>` is a sentence. `<thing>` and `<quality>` are words of any kind, which the corpus draws. */
export const PHRASES: Rules & Record<Tool, readonly string[]> = {
  ...{ ...WISHING, ...REASONS, ...LENDING, ...MOVING, ...STAKING, ...ASKING, ...SMALL_TALK, ...actionRules() },
} as Rules & Record<Tool, readonly string[]>;
