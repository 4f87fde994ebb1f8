/**
 * Contract code as the kernel keeps it: one record per distinct code, cached by the state under its hash. The analysis
 * (evm/analysis.ts) is attached at the first execution and renewed when the fork changes.
 *
 * Layout: a header of CODE_HEADER bytes, `length` bytes of code, CODE_PADDING zero bytes. The padding is executed as
 * STOP and lets PUSH32 at the end of the code read past it.
 */
import { allocateCode } from "../memory/arena";

/** Unmanaged header of a code record. */
@unmanaged
export class Code {
  /** Bytes of code. */
  length: u32;
  /** Fork number + 1 that the analysis was made for; 0 = not analysed. */
  analysedFork: u32;
  /** u32 per code byte: block number of a JUMPDEST, 0 = not a jump destination. */
  jumpTable: usize;
  /** u64 per basic block; see evm/analysis.ts. */
  blocks: usize;
  /** u32 per basic block that begins with a JUMPDEST: offset behind it. */
  starts: usize;
  /** What the interpreter runs: the code's bytes, or a copy of them with fused instructions (evm/fusion.ts). */
  instructions: usize;
  /** Where the bytes used by a placed record end; 0 in records that the state keeps. */
  end: usize;
  /** Handle of the compiled form that runs in the interpreter's stead, 0 = none; see evm/jit.ts. */
  compiled: u32;
  /** Gas spent in frames of this code, and how much of it when a compiled form is next asked for. */
  heat: u64;
  requestAt: u64;
}

export const CODE_HEADER: usize = 64;
export const CODE_PADDING: usize = 64;

/** Address of the first code byte. */
// @ts-ignore: decorator
@inline
export function codeBytes(code: usize): usize {
  return code + CODE_HEADER;
}

// @ts-ignore: decorator
@inline
export function codeLength(code: usize): u32 {
  return load<u32>(code);
}

/** Copies `length` bytes of code into a new record and returns it. The record lives as long as the opened state. */
export function newCode(bytes: usize, length: u32): usize {
  return writeCode(allocateCode(CODE_HEADER + <usize>length + CODE_PADDING), bytes, length);
}

/**
 * Makes a record at `place` (16-byte aligned) instead, for code that runs once: it and its analysis take at most
 * `placedCodeLimit(length)` bytes, up to `end` once analysed.
 */
export function placeCode(place: usize, bytes: usize, length: u32): usize {
  const code = writeCode(place, bytes, length);
  changetype<Code>(code).end = code + CODE_HEADER + <usize>length + CODE_PADDING;
  return code;
}

/** Header, padding, code, four bytes per byte of jump table, twelve per block, the fused copy, alignment. */
export function placedCodeLimit(length: u32): u64 {
  return <u64>length * 18 + (CODE_HEADER + 2 * CODE_PADDING + 128);
}

/** Room for `size` bytes of analysis, 8-byte aligned. */
export function analysisSpace(code: Code, size: usize): usize {
  if (code.end == 0) return allocateCode(size);
  const space = (code.end + 7) & ~7;
  code.end = space + size;
  return space;
}

function writeCode(code: usize, bytes: usize, length: u32): usize {
  memory.fill(code, 0, CODE_HEADER);
  store<u32>(code, length);
  memory.copy(code + CODE_HEADER, bytes, length);
  memory.fill(code + CODE_HEADER + length, 0, CODE_PADDING);
  return code;
}

/** EIP-7702 designator: 0xef0100 followed by the address of the code to run. */
export const DELEGATION_LENGTH: u32 = 23;

/** Address (20 raw bytes) that the code delegates to, 0 when it is ordinary code. The pointed-to bytes are not padded. */
export function delegationTarget(code: usize): usize {
  if (code == 0 || codeLength(code) != DELEGATION_LENGTH) return 0;
  const bytes = codeBytes(code);
  return (load<u32>(bytes) & 0xffffff) == 0x0001ef ? bytes + 3 : 0;
}
