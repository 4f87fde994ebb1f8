import type { Hex } from "viem";
import type { L2Block } from "../derive/l2-block.ts";
import type { L1Ref } from "../formats/l1-block.ts";

type Eventual<T> = T | Promise<T>;

/** L2 as the roles read it that write to L1: the chain of this process, or a node behind JSON-RPC. */
export interface L2Source {
  safe(): Eventual<L2Block>;
  finalized(): Eventual<L2Block>;
  /** Of the canonical chain; `undefined` beyond its head. */
  block(number: bigint): Eventual<L2Block | undefined>;
  /** Transactions of the canonical block at that height that the sequencer put there. */
  sequenced(number: bigint): Eventual<readonly Uint8Array[]>;
  outputRoot(number: bigint): Eventual<Hex | undefined>;
}

/** How far L1 has been read: decides what has to be posted again. */
export interface L1Progress {
  /** The newest L1 block from which everything has been derived. */
  readonly origin: Eventual<L1Ref | undefined>;
}
