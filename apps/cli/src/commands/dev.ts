import {
  anvilBinary,
  type NodeConfig,
  nodeConfigSchema,
  type RunningNode,
  startDevRollup,
  startNode,
} from "@hyperion/node";
import { Command } from "commander";
import { addConfigOptions, readConfig } from "../config-options.ts";
import { banner } from "../terminal/banner.ts";
import { explain } from "../terminal/explain.ts";
import { printEvent } from "../terminal/print-event.ts";
import { statusLine } from "../terminal/status-line.ts";
import { bold, dim, green } from "../terminal/style.ts";
import { untilSignal } from "../terminal/until-signal.ts";

const STATUS_INTERVAL_MS = 500;

/** `hyperion dev`: a development chain with funded public accounts, until Ctrl-C. */
export const devCommand = (): Command => {
  const command = new Command("dev")
    .description(
      "Run a development rollup: an L1 with the contracts, sequencer, batcher and proposer, funded public accounts on both layers, the default model, JSON-RPC over HTTP and WebSocket.",
    )
    .option("--no-l1", "only the chain, without an L1: short for --l1-enabled false")
    .option("--json", "print one JSON object per event instead of text", false);
  addConfigOptions(command, nodeConfigSchema);
  return command.action(async (flags: { json: boolean; l1: boolean }) => {
    const settings = readConfig(command, nodeConfigSchema);
    const config = { ...settings, l1: { ...settings.l1, enabled: flags.l1 && settings.l1.enabled } };
    await (flags.json ? runForMachines(config) : runForPeople(config));
  });
};

const NO_BINARY =
  "There is no anvil here, neither from npm (Linux on x64 only) nor from Foundry: the chain runs without an L1, so bridges do not work.";

/** A rollup where that was asked for and is possible; otherwise a chain by itself. */
const start = (config: NodeConfig, onProgress: (step: string) => void): Promise<RunningNode> => {
  if (!config.l1.enabled) return startNode(config, { onProgress });
  const binary = anvilBinary();
  if (binary !== undefined) return startDevRollup(config, binary, { onProgress });
  process.stderr.write(`${NO_BINARY}\n`);
  return startNode(config, { onProgress });
};

const runForMachines = async (config: NodeConfig): Promise<void> => {
  const node = await start(config, (step) => printEvent({ event: "progress", step }));
  const { rpcUrl, webSocketUrl, chainId, accounts, model, recovery } = node;
  if (recovery) printEvent({ event: "recovered", ...recovery, height: Number(recovery.height) });
  node.onPersisted((number, hash) => printEvent({ event: "persisted", number: Number(number), hash }));
  const stopped = untilStopped(node, {
    onFailure: (error) => printEvent({ event: "failed", ...describeError(error) }),
  });
  printEvent({ event: "ready", rpcUrl, webSocketUrl, chainId, accounts, model, ...describeRollup(node) });
  await stopped;
  printEvent({ event: "stopped" });
};

const runForPeople = async (config: NodeConfig): Promise<void> => {
  const line = statusLine(process.stdout);
  const started = performance.now();
  const node = await start(config, (step) => line.update(`${step}…`));
  line.clear();
  const timer = setInterval(() => line.update(describeStatus(node)), STATUS_INTERVAL_MS);
  const stopped = untilStopped(node, {
    onFailure: (error) => {
      line.clear();
      process.stderr.write(`${bold("No more blocks are made.")} ${explain(error)}\n${STILL_READING}\n`);
    },
    onStopping: () => {
      clearInterval(timer);
      line.clear();
      process.stdout.write(dim("Stopping: sealing what was accepted and closing the database…\n"));
    },
  });
  process.stdout.write(`${banner(node, performance.now() - started)}\n`);
  await stopped;
  process.stdout.write(`${green("Stopped.")} Nothing was lost.\n`);
};

const describeRollup = ({ rollup }: RunningNode): object =>
  rollup ? { l1: { rpcUrl: rollup.l1Url, chainId: rollup.deployment.l1ChainId } } : {};

const describeStatus = (node: RunningNode): string => {
  const status = node.status();
  const parts = [
    `block ${status.blockNumber}`,
    `${status.pendingTransactions} pending`,
    `${status.transactions} transactions`,
    `${status.transactionsPerSecond.toFixed(1)} tx/s`,
    `${(status.gasPerSecond / 1e6).toFixed(1)} Mgas/s`,
  ];
  return `${parts.join(" · ")} · Ctrl-C stops`;
};

const STILL_READING =
  "Transactions are refused; everything up to the last durable block is kept and can be read. Ctrl-C stops.";

const describeError = (
  error: Error & { code?: string; shortMessage?: string },
): { code?: string; message: string } => ({
  ...(error.code === undefined ? {} : { code: error.code }),
  message: error.shortMessage ?? error.message,
});

interface Listeners {
  readonly onFailure: (error: Error) => void;
  readonly onStopping?: () => void;
}

/**
 * Resolves once the node has closed after the first SIGINT or SIGTERM; a second one ends the process at once. A node that
 * can make no more blocks goes on answering reads until then.
 *
 * @throws what made the node fail
 */
const untilStopped = async (node: RunningNode, { onFailure, onStopping }: Listeners): Promise<void> => {
  let failure: Error | undefined;
  node.onFailure((error) => {
    failure = error;
    onFailure(error);
  });
  await untilSignal();
  onStopping?.();
  const closing = node.close();
  // Closing meets the same failure again.
  await (failure ? closing.catch(() => {}) : closing);
  if (failure) throw failure;
};
