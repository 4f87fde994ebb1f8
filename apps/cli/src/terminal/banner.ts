import type { RunningNode } from "@hyperion/node";
import { bold, cyan, dim, yellow } from "./style.ts";

const row = (label: string, value: string): string => `  ${label.padEnd(12)}${value}`;

/** What a person needs after the start: where it listens, who has money, which model answers, what to try. */
export const banner = (node: RunningNode, startMs: number): string => {
  const accounts = node.accounts.map(
    (account, index) => `  ${dim(`(${index})`.padEnd(5))}${account.address}  ${dim(account.privateKey)}`,
  );
  const { model } = node;
  return [
    "",
    `${bold("Hyperion")} ${dim(`ready in ${(startMs / 1000).toFixed(1)} s`)}`,
    "",
    row("Chain id", String(node.chainId)),
    row("RPC", cyan(node.rpcUrl)),
    row("WebSocket", cyan(node.webSocketUrl)),
    ...(node.rollup ? describeL1(node.rollup) : []),
    row("Data", node.dataDir ?? "in memory; pass --data-dir to keep it"),
    ...(node.recovery ? [row("Recovered", describeRecovery(node.recovery))] : []),
    row("Model", model ? `${model.parameters.toLocaleString("en")} parameters, root ${model.root}` : "none"),
    "",
    `Accounts, ${node.accountBalance} ETH each${node.rollup ? " on both layers" : ""}`,
    ...accounts,
    yellow("  These keys are public: everybody can spend from these accounts. Never use them on a chain that matters."),
    "",
    `Try it in a second terminal: ${bold("npm run demo")}`,
    "",
  ].join("\n");
};

const describeL1 = ({ l1Url, deployment }: NonNullable<RunningNode["rollup"]>): string[] => [
  row("L1", `${cyan(l1Url)} ${dim(`chain ${deployment.l1ChainId}, anvil`)}`),
  row("Bridge", `${deployment.addresses.l1StandardBridge} ${dim("on L1")}`),
  row("Portal", `${deployment.addresses.optimismPortal} ${dim("on L1")}`),
];

const describeRecovery = (recovery: NonNullable<RunningNode["recovery"]>): string => {
  const newest = recovery.height < 0n ? "no block" : `block ${recovery.height}`;
  const replayed = `${newest}, ${recovery.replayedRecords} records from the log`;
  const dropped = recovery.discardedBytes > 0 ? `, ${recovery.discardedBytes} torn bytes dropped` : "";
  return `${replayed}${dropped} ${dim(`(${recovery.milliseconds.toFixed(0)} ms; the last run did not stop cleanly)`)}`;
};
