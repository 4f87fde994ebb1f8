#!/usr/bin/env node
import { Command } from "commander";
import { explain } from "./terminal/explain.ts";

/** In the order of `--help`. Loading all of them takes longer than some run. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import("./commands/dev.ts")).devCommand(),
  demo: async () => (await import("./commands/demo.ts")).demoCommand(),
  bridge: async () => (await import("./commands/bridge.ts")).bridgeCommand(),
  deploy: async () => (await import("./commands/deploy.ts")).deployCommand(),
  "da-server": async () => (await import("./commands/da-server.ts")).daServerCommand(),
  db: async () => (await import("./commands/db.ts")).dbCommand(),
  model: async () => (await import("./commands/model.ts")).modelCommand(),
  sequencer: async () => (await import("./commands/sequencer.ts")).sequencerCommand(),
  batcher: async () => (await import("./commands/role.ts")).batcherCommand(),
  proposer: async () => (await import("./commands/role.ts")).proposerCommand(),
  verifier: async () => (await import("./commands/verifier.ts")).verifierCommand(),
  "verify-inference": async () => (await import("./commands/verify-inference.ts")).verifyInferenceCommand(),
};

const program = new Command("hyperion")
  .description("Hyperion: an Ethereum layer 2 whose contracts can call a language model.")
  .version("0.1.0")
  .showHelpAfterError("Run with --help to see what is possible.");

const named = process.argv[2] ?? "";
const wanted = Object.hasOwn(COMMANDS, named) ? [COMMANDS[named]!] : Object.values(COMMANDS);
for (const command of await Promise.all(wanted.map((load) => load()))) program.addCommand(command);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`\n${explain(error)}\n`);
  process.exitCode = 1;
}
