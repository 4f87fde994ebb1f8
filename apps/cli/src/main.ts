#!/usr/bin/env node
import { Command } from "commander";
import { bridgeCommand } from "./commands/bridge.ts";
import { dbCommand } from "./commands/db.ts";
import { demoCommand } from "./commands/demo.ts";
import { deployCommand } from "./commands/deploy.ts";
import { devCommand } from "./commands/dev.ts";
import { modelCommand } from "./commands/model.ts";
import { batcherCommand, proposerCommand } from "./commands/role.ts";
import { sequencerCommand } from "./commands/sequencer.ts";
import { verifierCommand } from "./commands/verifier.ts";
import { explain } from "./terminal/explain.ts";

const program = new Command("hyperion")
  .description("Hyperion: an Ethereum layer 2 whose contracts can call a language model.")
  .version("0.1.0")
  .showHelpAfterError("Run with --help to see what is possible.")
  .addCommand(devCommand())
  .addCommand(demoCommand())
  .addCommand(bridgeCommand())
  .addCommand(deployCommand())
  .addCommand(dbCommand())
  .addCommand(modelCommand())
  .addCommand(sequencerCommand())
  .addCommand(batcherCommand())
  .addCommand(proposerCommand())
  .addCommand(verifierCommand());

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`\n${explain(error)}\n`);
  process.exitCode = 1;
}
