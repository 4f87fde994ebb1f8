import { concat, type Hex, keccak256, zeroHash } from "viem";
import type { L2Genesis } from "./l2-genesis.ts";

/** Output root, version 0, of block 0. */
export const genesisOutputRoot = ({ stateRoot, messagePasserStorageRoot, hash }: L2Genesis): Hex =>
  keccak256(concat([zeroHash, stateRoot, messagePasserStorageRoot, hash]));
