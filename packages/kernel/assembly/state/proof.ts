/** EIP-1186 proofs of the current root: PROOF .. PROOF+PROOF_LENGTH holds (length u32, node RLP padded to 4) records in transaction memory. */
export let PROOF: usize = 0;
export let PROOF_LENGTH: u32 = 0;
export let PROOF_COUNT: u32 = 0;
export function accountProof(address: usize): void { unreachable(); }
export function storageProof(address: usize, key: usize): void { unreachable(); }
export function storageRoot(address: usize, out: usize): void { unreachable(); }
