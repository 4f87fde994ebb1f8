/**
 * Bytes with the given keccak hash: contract code, a header, a model, from the node's database or a stateless witness.
 * Returns their length; when it exceeds `capacity` nothing was written and the kernel asks again. The host answers for
 * the bytes having that hash, and throws when it does not know them: the kernel cannot go on and is opened anew.
 */
// @ts-ignore: decorator
@external("host", "preimage")
export declare function preimage(hash: usize, out: usize, capacity: u32): i32;

/**
 * RLP of the trie node with the given keccak hash, as `preimage`. It stands at the first `nibbles` of the packed `path`
 * in the state trie (`owner` 0) or in the storage trie of the account whose hashed address is at `owner`: a database may
 * find it by its place, a witness by its hash.
 */
// @ts-ignore: decorator
@external("host", "node")
export declare function hostNode(owner: usize, path: usize, nibbles: u32, hash: usize, out: usize, capacity: u32): i32;

/** What a commit hands over: records of emit.ts. The memory is reused after the call. */
// @ts-ignore: decorator
@external("host", "emit")
export declare function hostEmit(records: usize, bytes: u32): void;
