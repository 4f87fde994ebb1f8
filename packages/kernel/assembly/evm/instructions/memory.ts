/** Memory of the running frame: expansion and its gas, loads, stores and copies. `sp` points to the top stack word. */
import { COPY_WORD, KECCAK_WORD, MEMORY_WORD } from "../../spec/parameters";
import { keccak256 } from "../../crypto/keccak";
import { keccak256Memo } from "../../crypto/keccak-memo";
import { fits32, fits64, loadBE } from "../../u256/word";
import {
  charge, FRAME, halt, MAX_FRAME_MEMORY, MAX_MESSAGE_MEMORY, MEMORY, MEMORY_SIZE, relocateMemory, SCRATCH, setMemorySize,
} from "../frame";
import { MEMORY_LIMIT, OUT_OF_GAS } from "../status";

/** 3 gas per word and the square of the words / 512 (Yellow Paper, appendix H). */
// @ts-ignore: decorator
@inline
export function memoryGas(words: u64): i64 {
  return MEMORY_WORD * <i64>words + <i64>((words * words) >> 9);
}

// @ts-ignore: decorator
@inline
export function wordCount(bytes: u64): i64 {
  return <i64>((bytes + 31) >> 5);
}

/** Makes memory reach `end` (below 2^34) and pays for it. */
// @ts-ignore: decorator
@inline
export function reach(end: u64): bool {
  return end <= MEMORY_SIZE || expand(end);
}

function expand(end: u64): bool {
  const words = <u64>wordCount(end);
  if (!charge(memoryGas(words) - memoryGas(MEMORY_SIZE >> 5))) return false;
  const size = words << 5;
  if (size > MAX_FRAME_MEMORY || <u64>FRAME.memoryBelow + size > MAX_MESSAGE_MEMORY) return halt(MEMORY_LIMIT);
  if (MEMORY + <usize>size > FRAME.memoryEnd) relocateMemory(<usize>size);
  memory.fill(MEMORY + <usize>MEMORY_SIZE, 0, <usize>(size - MEMORY_SIZE));
  setMemorySize(size);
  return true;
}

/**
 * Makes memory reach the range that two stack words give; an empty range reaches nothing, wherever it lies. After success
 * the size fits 32 bits, and so does the offset of a range that is not empty.
 */
export function reachRange(offset: usize, size: usize): bool {
  if (!fits32(size)) return halt(OUT_OF_GAS);
  const length = load<u64>(size);
  if (length == 0) return true;
  // No gas pays for 4 GiB.
  if (!fits32(offset)) return halt(OUT_OF_GAS);
  return reach(load<u64>(offset) + length);
}

/** MLOAD at the offset in the word `place`. */
// @ts-ignore: decorator
@inline
export function loadWord(to: usize, place: usize): bool {
  return fits32(place) ? loadWordAt(to, load<u64>(place)) : halt(OUT_OF_GAS);
}

/** The word of memory from `offset` (below 2^33) on. */
// @ts-ignore: decorator
@inline
export function loadWordAt(to: usize, offset: u64): bool {
  if (!reach(offset + 32)) return false;
  loadBE(to, MEMORY + <usize>offset);
  return true;
}

/** MSTORE at the offset in the word `place`. */
// @ts-ignore: decorator
@inline
export function storeWord(place: usize, value: usize): bool {
  return fits32(place) ? storeWordAt(load<u64>(place), value) : halt(OUT_OF_GAS);
}

// @ts-ignore: decorator
@inline
export function storeWordAt(offset: u64, value: usize): bool {
  if (!reach(offset + 32)) return false;
  loadBE(MEMORY + <usize>offset, value);
  return true;
}

// @ts-ignore: decorator
@inline
export function storeByte(sp: usize): bool {
  if (!fits32(sp)) return halt(OUT_OF_GAS);
  const offset = load<u64>(sp);
  if (!reach(offset + 1)) return false;
  store<u8>(MEMORY + <usize>offset, load<u8>(sp - 32));
  return true;
}

/** Gas of a copy to the memory range that offset `sp` and size `sp - 64` give, as the copy instructions have them. */
export function chargeCopy(sp: usize): bool {
  return reachRange(sp, sp - 64) && charge(COPY_WORD * wordCount(load<u64>(sp - 64)));
}

/** CALLDATACOPY, CODECOPY, EXTCODECOPY: what lies beyond the source reads as zero. */
export function copyToMemory(sp: usize, source: usize, sourceLength: u32): bool {
  if (!chargeCopy(sp)) return false;
  const length = load<u64>(sp - 64);
  if (length == 0) return true;
  const target = MEMORY + <usize>load<u64>(sp);
  const from = sp - 32;
  const start = fits64(from) ? min<u64>(load<u64>(from), sourceLength) : <u64>sourceLength;
  const present = min<u64>(length, sourceLength - start);
  memory.copy(target, source + <usize>start, <usize>present);
  memory.fill(target + <usize>present, 0, <usize>(length - present));
  return true;
}

/** MCOPY (EIP-5656). */
export function copyWithinMemory(sp: usize): bool {
  if (!reachRange(sp - 32, sp - 64) || !chargeCopy(sp)) return false;
  const length = load<u64>(sp - 64);
  if (length == 0) return true;
  memory.copy(MEMORY + <usize>load<u64>(sp), MEMORY + <usize>load<u64>(sp - 32), <usize>length);
  return true;
}

export function chargeHash(sp: usize): bool {
  return reachRange(sp, sp - 32) && charge(KECCAK_WORD * wordCount(load<u64>(sp - 32)));
}

/** KECCAK256: the hash replaces the size word. */
export function hashMemory(sp: usize): bool {
  if (!chargeHash(sp)) return false;
  const size = sp - 32;
  const length = load<u64>(size);
  const start = length == 0 ? MEMORY : MEMORY + <usize>load<u64>(sp);
  if (length == 64 || length == 32) keccak256Memo(start, <usize>length, SCRATCH);
  else keccak256(start, <usize>length, SCRATCH);
  loadBE(size, SCRATCH);
  return true;
}
