/**
 * Call frames and the machine state of the running one. Frames lie in one array, their stacks and memories end to end in
 * two regions, so entering a frame allocates nothing and call depth never becomes wasm recursion.
 */
import { allocateChunk, chunkLog2, freeChunk, MIN_CHUNK_LOG2, reserve } from "../memory/heap";
import { Account } from "../state/account";
import { dropSegments, pushSegment, reserveSegments, SEGMENT_END } from "./segments";
import { OUT_OF_GAS } from "./status";

/** How a frame came to be; the order is that of `TraceEnter.kind` in src/types.ts. */
export const KIND_CALL: u32 = 0;
export const KIND_CALLCODE: u32 = 1;
export const KIND_DELEGATECALL: u32 = 2;
export const KIND_STATICCALL: u32 = 3;
export const KIND_CREATE: u32 = 4;
export const KIND_CREATE2: u32 = 5;
export const KIND_SELFDESTRUCT: u32 = 6;

/** Frames above the first: EIP-150 and before it the Yellow Paper allow 1024. */
export const MAX_DEPTH: u32 = 1024;
export const STACK_LIMIT: u32 = 1024;
export const STACK_BYTES: u32 = STACK_LIMIT * 32;

/**
 * Memory is bounded by gas; these bounds only stop what no real gas limit pays for (137 Ggas for one frame's), and halt
 * the frame with MEMORY_LIMIT.
 */
export const MAX_FRAME_MEMORY: u64 = 256 << 20;
/** All frames of a message together, initialization code and its analysis included. */
export const MAX_MESSAGE_MEMORY: u64 = 1280 << 20;

@unmanaged
export class Frame {
  /** u256 seen by CALLVALUE. */
  value0: u64;
  value1: u64;
  value2: u64;
  value3: u64;
  gas: i64;
  kind: u32;
  isStatic: u32;
  /** Code record that runs (evm/code.ts). */
  code: usize;
  /** Address of the next instruction's byte, and of its basic block's entry. */
  pc: usize;
  block: usize;
  /** The word below the first stack word; `sp` points to the top word and equals `stack` when empty. */
  stack: usize;
  sp: usize;
  memory: usize;
  memorySize: u32;
  /** End of the segment that holds the memory, and bytes used by the frames below. */
  memoryEnd: usize;
  memoryBelow: u32;
  input: usize;
  inputLength: u32;
  /** Address, balance and storage of the frame. */
  account: Account;
  /** 24-byte address buffer seen by CALLER. */
  caller: usize;
  checkpoint: u32;
  /** Where the caller wants the output, in the caller's memory. */
  outputOffset: u32;
  outputLength: u32;
  /** Entry of the compiled function `compiled` at which a suspended frame goes on; 0 = at its basic block (evm/jit.ts). */
  entry: u32;
  compiled: u32;
}

export const FRAME_SIZE: usize = 128;

/** The host's own frame: what a top-level message returns to. Frame n of a message lies FRAME_SIZE × n above it. */
export let HOST_FRAME: Frame = changetype<Frame>(0);
export let FRAME: Frame = changetype<Frame>(0);
/** Gas left to the running frame. */
export let GAS: i64 = 0;
/** Memory of the running frame; the size is a multiple of 32. */
export let MEMORY: usize = 0;
export let MEMORY_SIZE: u64 = 0;
let returnDataLog2: u32 = 0;
/** Why the running frame halts, set before an instruction gives up. */
export let HALT: u32 = 0;
/** Output of the running frame's last callee (RETURNDATA*): one buffer serves all frames, since a callee clears it. */
export let RETURN_DATA: usize = 0;
export let RETURN_DATA_LENGTH: u32 = 0;
/** What RETURN or REVERT of the running frame hands over. */
export let OUTPUT: usize = 0;
export let OUTPUT_LENGTH: u32 = 0;
/** Room for words and addresses that live within one instruction. */
export let SCRATCH: usize = 0;
const SCRATCH_SIZE: usize = 256;

/** Reserves frames, stacks, memories and buffers. */
export function reserveFrames(): void {
  HOST_FRAME = changetype<Frame>(reserve((<usize>MAX_DEPTH + 3) * FRAME_SIZE));
  HOST_FRAME.stack = reserve((<usize>MAX_DEPTH + 2) * STACK_BYTES);
  HOST_FRAME.memory = reserveSegments();
  HOST_FRAME.memoryEnd = SEGMENT_END;
  returnDataLog2 = MIN_CHUNK_LOG2;
  RETURN_DATA = allocateChunk(returnDataLog2);
  SCRATCH = reserve(SCRATCH_SIZE);
  resetFrames();
}

/** Makes the host's frame the running one, with empty stack and memory. */
export function resetFrames(): void {
  HOST_FRAME.sp = HOST_FRAME.stack;
  HOST_FRAME.memorySize = 0;
  HOST_FRAME.memoryBelow = 0;
  HOST_FRAME.isStatic = 0;
  setFrame(HOST_FRAME);
  RETURN_DATA_LENGTH = 0;
}

/** Makes `frame` the running one and loads its machine state; gas is the caller's to set. */
export function setFrame(frame: Frame): void {
  if (frame.memoryEnd != SEGMENT_END) dropSegments(frame.memoryEnd);
  FRAME = frame;
  MEMORY = frame.memory;
  MEMORY_SIZE = frame.memorySize;
}

// @ts-ignore: decorator
@inline
export function setGas(gas: i64): void {
  GAS = gas;
}

/** Moves the running frame's memory to a segment where it can grow to `size` and as much again. */
export function relocateMemory(size: usize): void {
  const place = pushSegment(size << 1);
  memory.copy(place, MEMORY, <usize>MEMORY_SIZE);
  MEMORY = place;
  FRAME.memory = place;
  FRAME.memoryEnd = SEGMENT_END;
}

// @ts-ignore: decorator
@inline
export function setMemorySize(size: u64): void {
  MEMORY_SIZE = size;
}

export function setReturnDataLength(length: u32): void {
  RETURN_DATA_LENGTH = length;
}

/** Copies `length` bytes into the return data buffer; they may not lie in it. */
export function setReturnData(bytes: usize, length: u32): void {
  if (chunkLog2(length) > returnDataLog2) {
    freeChunk(RETURN_DATA, returnDataLog2);
    returnDataLog2 = chunkLog2(length);
    RETURN_DATA = allocateChunk(returnDataLog2);
  }
  memory.copy(RETURN_DATA, bytes, length);
  RETURN_DATA_LENGTH = length;
}

export function setOutput(bytes: usize, length: u32): void {
  OUTPUT = bytes;
  OUTPUT_LENGTH = length;
}

/** Gives up the running instruction: `return halt(reason)`. */
export function halt(reason: u32): bool {
  HALT = reason;
  return false;
}

/** Takes gas; false, with the halt reason set, when there is too little. */
// @ts-ignore: decorator
@inline
export function charge(cost: i64): bool {
  GAS -= cost;
  return GAS >= 0 || halt(OUT_OF_GAS);
}

/** Calls below the running frame: 0 in a transaction's first frame. */
export function depth(): u32 {
  return <u32>((changetype<usize>(FRAME) - changetype<usize>(HOST_FRAME)) / FRAME_SIZE) - 1;
}

/** u256 field `value`. */
// @ts-ignore: decorator
@inline
export function valuePtr(frame: Frame): usize {
  return changetype<usize>(frame);
}

/** 24-byte address buffer of an account: its record begins with the address. */
// @ts-ignore: decorator
@inline
export function addressPtr(account: Account): usize {
  return changetype<usize>(account);
}
