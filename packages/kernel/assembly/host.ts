/** What the kernel asks of its host. Each import may throw: the instance is then abandoned and opened anew. */

/**
 * Bytes whose keccak-256 is `hash` (32 bytes): a trie node, contract code, or, in the stateless program, a header; for a
 * model chunk, bytes whose chunk root it is.
 *
 * @returns their length, or -1 when unknown; when the length exceeds `capacity`, nothing is written
 */
// @ts-ignore: decorator
@external("host", "preimage")
export declare function preimage(hash: usize, out: usize, capacity: u32): i32;

/** Hands over new preimages: records of hash (32 bytes), length (u32) and bytes padded with zeros to a multiple of 4. */
// @ts-ignore: decorator
@external("host", "emitPreimages")
export declare function emitPreimages(records: usize, length: u32): void;

/** Writes the hash of the block `number` (32 bytes) to `out`; false when the host does not know it. */
// @ts-ignore: decorator
@external("host", "blockHash")
export declare function hostBlockHash(number: u64, out: usize): bool;
