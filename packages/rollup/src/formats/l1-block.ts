import type { Address, Hex } from "viem";

/** Hashes and addresses are lower-case hex throughout; contents are bytes. */
export interface L1Ref {
  readonly number: bigint;
  readonly hash: Hex;
  readonly parentHash: Hex;
  /** Seconds. */
  readonly timestamp: bigint;
}

export interface L1Log {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Uint8Array;
  /** Position in the block. */
  readonly index: number;
}

/** What L2 derives from one L1 block, besides the batcher's data. Logs of failed transactions do not exist. */
export interface L1Block extends L1Ref {
  readonly baseFee: bigint;
  readonly blobBaseFee: bigint;
  readonly mixHash: Hex;
  readonly parentBeaconBlockRoot: Hex;
  /** In order, of the portal and of the system configuration; others may be among them. */
  readonly logs: readonly L1Log[];
}
