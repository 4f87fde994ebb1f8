import { type RunningSequencer, sequencerConfigSchema, startSequencer } from "@hyperion/node";
import { Command } from "commander";
import { addConfigOptions, readConfig } from "../config-options.ts";
import { printEvent } from "../terminal/print-event.ts";
import { statusLine } from "../terminal/status-line.ts";
import { bold, green } from "../terminal/style.ts";
import { untilSignal } from "../terminal/until-signal.ts";

const STATUS_INTERVAL_MS = 1_000;

/** `hyperion sequencer`: orders the transactions of a rollup and makes its blocks, until Ctrl-C. */
export const sequencerCommand = (): Command => {
  const command = new Command("sequencer")
    .description("Order a rollup's transactions, make its blocks on time, and serve them over JSON-RPC.")
    .option("--json", "print one JSON object per event instead of text", false);
  addConfigOptions(command, sequencerConfigSchema);
  return command.action(async ({ json }: { json: boolean }) => {
    const sequencer = await startSequencer(readConfig(command, sequencerConfigSchema));
    const { chainId } = sequencer.node.chain.config;
    const stopped = untilStopped(sequencer);
    if (json) {
      const { rpcUrl, p2pUrl } = sequencer;
      printEvent({ event: "ready", rpcUrl, ...(p2pUrl && { p2pUrl }), chainId: Number(chainId) });
      await stopped;
      printEvent({ event: "stopped" });
      return;
    }
    process.stdout.write(`${bold("Sequencer")} of chain ${chainId} · JSON-RPC ${sequencer.rpcUrl}\n`);
    const line = statusLine(process.stdout);
    const timer = setInterval(() => line.update(describe(sequencer)), STATUS_INTERVAL_MS);
    await stopped.finally(() => {
      clearInterval(timer);
      line.clear();
    });
    process.stdout.write(`${green("Stopped.")} Nothing was lost.\n`);
  });
};

const describe = ({ node, status }: RunningSequencer): string => {
  const { pendingTransactions, transactionsPerSecond } = status();
  const { engine } = node;
  const heads = `unsafe ${engine.unsafe().number} · safe ${engine.safe().number}`;
  return `${heads} · ${pendingTransactions} pending · ${transactionsPerSecond.toFixed(1)} tx/s · Ctrl-C stops`;
};

/** Resolves once the node has closed after a signal. @throws what made it impossible to go on */
const untilStopped = async (sequencer: RunningSequencer): Promise<void> => {
  let failure: Error | undefined;
  await Promise.race([
    untilSignal(),
    new Promise<void>((resolve) =>
      sequencer.onFailure((error) => {
        failure = error;
        resolve();
      }),
    ),
  ]);
  const closing = sequencer.close();
  // Closing meets the same failure again.
  await (failure ? closing.catch(() => {}) : closing);
  if (failure) throw failure;
};
