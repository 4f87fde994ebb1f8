import type { Address, Hex } from "viem";
import type { L1Block, L1Ref } from "../formats/l1-block.ts";

/** L1 as derivation reads it. All methods may fail and be tried again. */
export interface L1Source {
  head(): Promise<L1Ref>;
  /** The newest block that cannot be undone; `undefined` when the L1 has no such notion yet. */
  finalized(): Promise<L1Ref | undefined>;
  /** `undefined` when the canonical chain has no such block (yet). */
  block(id: bigint | Hex): Promise<L1Block | undefined>;
  /** What the batcher sent to the inbox in that block: calldata, or the data of each blob, in order. */
  payloads(block: L1Ref, inbox: Address, batcher: Address): Promise<readonly Uint8Array[]>;
}
