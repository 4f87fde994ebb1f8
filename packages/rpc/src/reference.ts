import { z } from "zod";
import { rpcConfigSchema } from "./config.ts";
import type { Method } from "./methods/method.ts";
import { ALL_METHODS } from "./methods/table.ts";

const INTRODUCTION = `# JSON-RPC

HTTP and WebSocket on one port (default \`127.0.0.1:8545\`). \`POST /\` takes JSON-RPC 2.0 requests and batches
(\`Content-Type: application/json\`), \`GET /health\` tells that the node lives, \`GET /metrics\` serves Prometheus,
\`/v1/…\` is OpenAI's API for the node's models ([ai.md](ai.md)). This page is made from the method table: \`UPDATE_DOCS=1 npx vitest run packages/rpc/src/reference.test.ts\`.

## What differs from other nodes

- Transactions execute on arrival. \`pending\` is the open block with everything executed so far; \`latest\` is the newest
  sealed block. \`eth_estimateGas\` works on \`pending\` unless a block is named.
- \`eth_sendRawTransactionSync\` answers with the receipt of the open block: its \`blockHash\` is zero until the block is
  sealed, everything else is final unless the sequencer contradicts itself. \`eth_getTransactionReceipt\` answers for sealed
  blocks only.
- \`eth_subscribe\` works over WebSocket; a consumer that does not read is disconnected.
- Development chains also serve the \`anvil_\`, \`evm_\` and \`hardhat_\` methods. \`testing_\` is for conformance runs.

## Errors

| code | meaning |
|---|---|
| -32700, -32600, -32601, -32602, -32603 | as JSON-RPC 2.0 defines them |
| -32000 | the request cannot be answered; rejected transactions, with the wording other clients use |
| -32002 | the request took too long |
| -32003 | the response would be too large |
| -32005 | a limit of the node is exceeded |
| -32015 | inside eth_simulateV1: the EVM failed without a revert |
| 3 | execution reverted; \`data\` is the revert data |
| 4, 6 | eth_sendRawTransactionSync: not executed in time (\`data\`: hash), nonce missing (\`data\`: expected nonce) |
| 4444 | the state asked for is no longer kept |
| -38010 … -38026 | eth_simulateV1, as the execution-apis define them |
`;

const cell = (text: string): string => text.replaceAll("|", "\\|");

const methodRow = ([name, row]: readonly [string, Method]): string =>
  `| \`${name}\` | ${row.parameters.map((parameter) => `\`${parameter}\``).join(", ")} | ${cell(row.summary)} | ${row.cost} |`;

const namespaceSection = (namespace: string): string => {
  const rows = Object.entries(ALL_METHODS).filter(([, row]) => row.namespace === namespace);
  const table = rows.sort(([a], [b]) => (a < b ? -1 : 1)).map(methodRow);
  return [`## ${namespace}`, "", "| method | parameters | what it does | cost |", "|---|---|---|---|", ...table].join(
    "\n",
  );
};

interface Setting {
  readonly description?: string;
  readonly default?: unknown;
}

const settingsSection = (): string => {
  const { properties = {} } = z.toJSONSchema(rpcConfigSchema, { io: "input" }) as {
    properties?: Record<string, Setting>;
  };
  const rows = Object.entries(properties).map(
    ([name, setting]) =>
      `| \`${name}\` | \`${JSON.stringify(setting.default)}\` | ${cell(setting.description ?? "")} |`,
  );
  return ["## Settings", "", "| setting | default | meaning |", "|---|---|---|", ...rows].join("\n");
};

/** docs/rpc.md: every method and setting of the server. */
export const rpcReference = (): string => {
  const namespaces = [...new Set(Object.values(ALL_METHODS).map(({ namespace }) => namespace))];
  return `${[INTRODUCTION, ...namespaces.map(namespaceSection), settingsSection()].join("\n\n").replaceAll("\n\n\n", "\n\n")}\n`;
};
