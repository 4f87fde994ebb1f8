/**
 * Bytes with the given keccak hash: a trie node or contract code, from the node's database or a stateless witness.
 * Returns their length; when it exceeds `capacity` nothing was written and the kernel asks again. The host answers for
 * the bytes having that hash, and throws when it does not know them: the kernel cannot go on and is opened anew.
 */
// @ts-ignore: decorator
@external("host", "preimage")
export declare function preimage(hash: usize, out: usize, capacity: u32): i32;

/**
 * New preimages to be stored: records of hash (32 bytes), length (u32, little-endian), the bytes, zero to three bytes up
 * to a multiple of four. The memory is reused after the call.
 */
// @ts-ignore: decorator
@external("host", "emitPreimages")
export declare function emitPreimages(records: usize, bytes: u32): void;
