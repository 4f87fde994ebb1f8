/**
 * The elliptic-curve precompiles run outside the kernel: natively in a node, from precompile preimages in the fault proof.
 *
 * @param op a `CURVE_*` operation
 * @returns output length in bytes, or -1 when the precompile fails
 */
// @ts-ignore: decorator
@external("host", "curve")
export declare function curve(op: u32, input: usize, len: u32, out: usize, capacity: u32): i32;
