import { concat, type Hex, keccak256, zeroHash } from "viem";

/** What a proposal commits to. */
export interface OutputRootInput {
  readonly stateRoot: Hex;
  /** From Isthmus on the block's `withdrawalsRoot`. */
  readonly messagePasserStorageRoot: Hex;
  readonly blockHash: Hex;
}

/** Version 0: keccak(0³² ‖ state root ‖ storage root of the message passer ‖ block hash). */
export const outputRoot = ({ stateRoot, messagePasserStorageRoot, blockHash }: OutputRootInput): Hex =>
  keccak256(concat([zeroHash, stateRoot, messagePasserStorageRoot, blockHash]));
