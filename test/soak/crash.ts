import { crashRun } from "../crash/crash-run.ts";
import { diskFull } from "../crash/disk-full.ts";
import { type Soak, SoakFailure, type SoakValues } from "./soak.ts";

const FAULTS: Readonly<Record<string, (values: SoakValues) => Promise<string>>> = {
  none: (values) => kills(values, false),
  torn: (values) => kills(values, true),
  enospc: async ({ count, seed, log }) => {
    const printed = await diskFull(count("kills"), seed, (text) => log(text.trimEnd()));
    return printed.trimEnd().split("\n").at(-1) ?? "";
  },
};

export const crashSoak: Soak = {
  description: `kills a development node N times at random moments under load: no block it called durable may be lost
none: the process ends; torn: and what was not synced is damaged, as by a power cut; enospc: the disk is full`,
  options: { faults: "all", kills: "300" },
  async run(values) {
    const faults = values.text("faults");
    const chosen = faults === "all" ? Object.keys(FAULTS) : [faults];
    const done: string[] = [];
    for (const fault of chosen) {
      const run = Object.hasOwn(FAULTS, fault) ? FAULTS[fault] : undefined;
      if (!run) throw new SoakFailure(`--faults takes all, ${Object.keys(FAULTS).join(", ")}`);
      values.log(`faults ${fault}`);
      done.push(`${fault}: ${await run(values)}`);
    }
    return done.join("\n");
  },
};

async function kills({ count, seed, log }: SoakValues, torn: boolean): Promise<string> {
  const { durable, replayed, damages } = await crashRun({
    kills: count("kills"),
    seed,
    torn,
    onKill: (done, blocks, damage) => log(`${done} kills, ${blocks} blocks were durable (${damage})`),
  });
  const kinds = [...damages].map(([kind, times]) => `${kind}: ${times}`).join(", ");
  return `${count("kills")} kills, ${durable} blocks acknowledged, none lost; replay of ${replayed} blocks equal (${kinds})`;
}
