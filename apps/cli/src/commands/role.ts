import {
  batcherConfigSchema,
  proposerConfigSchema,
  type RoleState,
  type RunningRole,
  startBatcher,
  startProposer,
} from "@hyperion/node";
import { Command } from "commander";
import type { z } from "zod";
import { addConfigOptions, readConfig } from "../config-options.ts";
import { printEvent } from "../terminal/print-event.ts";
import { bold, dim, green, yellow } from "../terminal/style.ts";
import { untilSignal } from "../terminal/until-signal.ts";

interface Role<Schema extends z.ZodType> {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
  readonly start: (config: z.output<Schema>) => Promise<RunningRole>;
}

/** A process beside the sequencer that writes to L1, until Ctrl-C. */
const roleCommand = <Schema extends z.ZodType>({ name, description, schema, start }: Role<Schema>): Command => {
  const command = new Command(name)
    .description(description)
    .option("--json", "print one JSON object per event instead of text", false);
  addConfigOptions(command, schema);
  return command.action(async ({ json }: { json: boolean }) => {
    const role = await start(readConfig(command, schema));
    if (json) printEvent({ event: "ready", address: role.address });
    else process.stdout.write(`${bold(name)} pays from ${role.address} on L1 ${dim("· Ctrl-C stops")}\n`);
    const report = (state: RoleState): void =>
      json ? printEvent({ event: state.state, ...state }) : void process.stdout.write(describe(state));
    report(role.state);
    role.onState(report);
    await untilSignal();
    await role.close();
    if (json) printEvent({ event: "stopped" });
    else process.stdout.write(`${green("Stopped.")}\n`);
  });
};

const describe = (state: RoleState): string => {
  if (state.state === "waiting") return "";
  const time = dim(new Date().toISOString().slice(11, 19));
  return state.state === "working" ? `${time} ${state.did}\n` : `${time} ${yellow(`${state.reason}; trying again`)}\n`;
};

/** `hyperion batcher` */
export const batcherCommand = (): Command =>
  roleCommand({
    name: "batcher",
    description:
      "Post a sequencer's blocks to L1. The key comes from HYPERION_BATCHER_KEY or a file; what was posted before is read from L1.",
    schema: batcherConfigSchema,
    start: startBatcher,
  });

/** `hyperion proposer` */
export const proposerCommand = (): Command =>
  roleCommand({
    name: "proposer",
    description:
      "Propose output roots on L1, and settle the games when their clocks have run out. The key comes from HYPERION_PROPOSER_KEY or a file.",
    schema: proposerConfigSchema,
    start: startProposer,
  });
