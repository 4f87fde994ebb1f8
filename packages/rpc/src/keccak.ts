import { keccak_256 } from "@noble/hashes/sha3.js";

/** Keccak-256, for the few hashes the RPC layer computes itself (checksums, simulated transactions, web3_sha3). */
export const keccak256 = (bytes: Uint8Array): Uint8Array => keccak_256(bytes);
