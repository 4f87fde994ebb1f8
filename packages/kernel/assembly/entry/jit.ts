/** Exported to the host for installing compiled code, and to compiled code itself. */
import { initCompiledCode, markInstalled } from "../evm/jit";

export { FRAME, GAS, HALT, MEMORY, MEMORY_SIZE, RETURN_DATA_LENGTH } from "../evm/frame";
export { COMPILED_SLOTS, INPUT, INPUT_LENGTH, JUMP_TABLE, STACK_BASE, STACK_TOP } from "../evm/jit";
export * from "../evm/jit-runtime";

/** The gas limit comes in two halves: the host's numbers are exact to 53 bits. */
export function enableCompiledCode(base: u32, low: u32, high: u32): void {
  initCompiledCode(base, <u64>low | (<u64>high << 32));
}

export function installCompiledCode(slot: u32, handle: u32): void {
  markInstalled(slot, handle);
}
