import { type RunningVerifier, startVerifier, verifierConfigSchema } from "@hyperion/node";
import { Command } from "commander";
import { addConfigOptions, readConfig } from "../config-options.ts";
import { printEvent } from "../terminal/print-event.ts";
import { statusLine } from "../terminal/status-line.ts";
import { bold, green } from "../terminal/style.ts";

const STATUS_INTERVAL_MS = 1_000;

/** `hyperion verifier`: derives the chain from L1 alone and answers JSON-RPC, until Ctrl-C. */
export const verifierCommand = (): Command => {
  const command = new Command("verifier")
    .description("Derive a rollup's chain from L1, trusting nobody else, and serve it over JSON-RPC.")
    .option("--json", "print one JSON object per event instead of text", false);
  addConfigOptions(command, verifierConfigSchema);
  return command.action(async (flags: { json: boolean }) => {
    const node = await startVerifier(readConfig(command, verifierConfigSchema));
    await (flags.json ? runForMachines(node) : runForPeople(node));
  });
};

const runForMachines = async (node: RunningVerifier): Promise<void> => {
  const { rpcUrl, p2pUrl, chainId } = node;
  printEvent({ event: "ready", rpcUrl, ...(p2pUrl && { p2pUrl }), chainId });
  await untilStopped(node);
  printEvent({ event: "stopped" });
};

const runForPeople = async (node: RunningVerifier): Promise<void> => {
  const line = statusLine(process.stdout);
  process.stdout.write(`${bold("Verifier")} of chain ${node.chainId} · JSON-RPC ${node.rpcUrl}\n`);
  const timer = setInterval(() => {
    const { number, hash } = node.safe();
    line.update(`${describePeers(node)}safe block ${number} ${hash.slice(0, 18)}… · Ctrl-C stops`);
  }, STATUS_INTERVAL_MS);
  await untilStopped(node).finally(() => {
    clearInterval(timer);
    line.clear();
  });
  process.stdout.write(`${green("Stopped.")}\n`);
};

/** Nothing for a node without peers. */
const describePeers = (node: RunningVerifier): string => {
  const peers = node.peers();
  if (peers.length === 0) return "";
  const connected = peers.filter(({ state }) => state === "connected").length;
  return `unsafe block ${node.unsafe().number} · ${connected} of ${peers.length} peers · ${node.lag()} behind · `;
};

/** Resolves once the node has closed after SIGINT or SIGTERM. @throws what made derivation impossible */
const untilStopped = async (node: RunningVerifier): Promise<void> => {
  let failure: Error | undefined;
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
    node.onFailure((error) => {
      failure = error;
      resolve();
    });
  });
  await node.close();
  if (failure) throw failure;
};
