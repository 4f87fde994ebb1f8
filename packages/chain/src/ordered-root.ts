import { Trie } from "@hyperion/kernel";
import { encodeRlp } from "./rlp.ts";

/** Root of the trie of a list, by index: what a header says of its transactions, receipts and withdrawals. */
export const orderedRoot = (items: readonly Uint8Array[]): Uint8Array => {
  const trie = new Trie();
  for (const [index, item] of items.entries()) trie.set(encodeRlp(BigInt(index)), item);
  return trie.root();
};
