/**
 * How a message ended. The numbers are the positions in `HaltReason` of `packages/kernel/src/types.ts`: 0 succeeds,
 * 1 gives back the remaining gas and its output, everything above consumes all gas of the frame.
 */
export const SUCCESS: u32 = 0;
export const REVERT: u32 = 1;
export const OUT_OF_GAS: u32 = 2;
export const STACK_UNDERFLOW: u32 = 3;
export const STACK_OVERFLOW: u32 = 4;
export const INVALID_JUMP: u32 = 5;
export const INVALID_OPCODE: u32 = 6;
export const STATIC_CALL_VIOLATION: u32 = 7;
export const RETURN_DATA_OUT_OF_BOUNDS: u32 = 8;
export const CALL_DEPTH_EXCEEDED: u32 = 9;
export const INSUFFICIENT_BALANCE: u32 = 10;
export const CREATE_COLLISION: u32 = 11;
export const INVALID_CODE: u32 = 12;
export const CODE_SIZE_EXCEEDED: u32 = 13;
export const INIT_CODE_SIZE_EXCEEDED: u32 = 14;
export const NONCE_OVERFLOW: u32 = 15;
export const PRECOMPILE_FAILURE: u32 = 16;
export const MEMORY_LIMIT: u32 = 17;
