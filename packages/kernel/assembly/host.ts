/**
 * Hash of the ancestor block `number` (32 bytes) to `out`; false when the host does not know it. The other imports
 * stand beside their users: trie/host.ts, precompiles/host.ts, trace/trace.ts.
 */
// @ts-ignore: decorator
@external("host", "blockHash")
export declare function hostBlockHash(number: u64, out: usize): bool;
