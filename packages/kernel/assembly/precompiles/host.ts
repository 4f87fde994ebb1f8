/**
 * The elliptic-curve precompiles run outside the kernel: natively in a node, from precompile preimages in the fault proof.
 * Gas and input lengths are checked before; everything about the numbers in the input is the host's to check. ECRECOVER's
 * answer is the public key (64 bytes, or none): the kernel hashes it.
 *
 * @param id `ID_*` of a curve precompile; ID_ECRECOVER also serves transaction signatures
 * @returns output length in bytes, at most 256; -1 when the precompile fails
 */
// @ts-ignore: decorator
@external("host", "curve")
export declare function curve(id: u32, input: usize, len: u32, out: usize, capacity: u32): i32;
