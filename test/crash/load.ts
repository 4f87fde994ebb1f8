import { setTimeout as delay } from "node:timers/promises";
import { type Call, type CrashedNode, RefusedCall } from "./crashed-node.ts";
import { below } from "./random-numbers.ts";

/** PUSH0 CALLDATALOAD DUP1 SSTORE: stores a word under itself. */
const STORE_INIT = "0x645f358055005f526005601bf3";
const BATCH = 16;

/** Sends transactions until the node is gone or takes no more. */
export async function putUnderLoad(node: CrashedNode, random: () => number): Promise<void> {
  const word = (): string =>
    `0x${below(random, 2 ** 32)
      .toString(16)
      .padStart(64, "0")}`;
  try {
    for (;;) {
      const from = node.accounts[below(random, node.accounts.length)];
      const [hash] = await node.ask([["eth_sendTransaction", [{ from, data: STORE_INIT, gas: "0x30d40" }]]]);
      const { contractAddress } = await receiptOf(node, hash);
      await node.ask(
        Array.from({ length: BATCH }, (_, index): Call => {
          const sender = node.accounts[index % node.accounts.length];
          const call = { from: sender, to: contractAddress, data: word(), gas: "0x186a0" };
          const transfer = { from: sender, to: `0x${word().slice(-40)}`, value: "0x1", gas: "0x5208" };
          return ["eth_sendTransaction", [index % 2 === 0 ? call : transfer]];
        }),
      );
    }
  } catch (error) {
    // fetch says TypeError when nobody is there.
    if (!(error instanceof TypeError || error instanceof RefusedCall)) throw error;
  }
}

/** Asks with a transaction of no effect beside, so that a node that makes no more blocks says so. */
async function receiptOf(node: CrashedNode, hash: unknown): Promise<{ contractAddress: string }> {
  const [self] = node.accounts;
  for (;;) {
    const [receipt] = await node.ask([
      ["eth_getTransactionReceipt", [hash]],
      ["eth_sendTransaction", [{ from: self, to: self, gas: "0x5208" }]],
    ]);
    if (receipt) return receipt as { contractAddress: string };
    await delay(10);
  }
}
