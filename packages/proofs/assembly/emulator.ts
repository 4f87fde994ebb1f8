/**
 * A machine for RV64IM images (docs/spec/rv64-image.md): a flat memory of zeros from address 0 on, the text apart from it.
 * The memory behind it grows as far as addresses are touched. Loads and stores need no alignment.
 */
import { RECORD, REGISTERS, decodeInstruction } from "./decode";
import { interpret, nextRecord, openMemory, unusedSteps } from "./interpret";

export { reach } from "./interpret";

let textBase: u32 = 0;
let textSize: u32 = 0;
let records: usize = 0;
let memoryBase: usize = 0;

/** Room for a text of `words` instructions that begins at `base`; the machine's memory begins behind it, empty. Once. */
export function open(base: u32, words: u32): void {
  textBase = base;
  textSize = words << 2;
  records = __heap_base + 15 & ~15;
  // One more record than instructions: where execution ends that runs out of the text.
  memoryBase = (records + (<usize>words + 1) * RECORD + 0xffff) & ~0xffff;
  const pages = <i32>(memoryBase >>> 16) + 1 - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) unreachable();
  openMemory(memoryBase);
  decodeInstruction(0, textSize, base, textSize, records + <usize>words * RECORD);
}

/** Sets the instruction with this index. */
export function setInstruction(index: u32, word: u32): void {
  decodeInstruction(word, index << 2, textBase, textSize, records + <usize>index * RECORD);
}

export function registers(): usize {
  return REGISTERS;
}

/** Where the machine's address 0 is. */
export function memoryStart(): usize {
  return memoryBase;
}

let place: usize = 0;
let executed: u64 = 0;

/** Address of the next instruction. */
export function programCounter(): u32 {
  return textBase + <u32>((place - records) / RECORD << 2);
}

/** False when there is no instruction at `address`. */
export function setProgramCounter(address: u32): bool {
  const offset = address - textBase;
  if (offset >= textSize || (offset & 3) != 0) return false;
  place = records + <usize>(offset >>> 2) * RECORD;
  return true;
}

/** Instructions executed so far. */
export function steps(): u64 {
  return executed;
}

/** Times that the instruction with this index was executed. */
export function executions(index: u32): u64 {
  return PROFILE ? load<u64>(records + <usize>index * RECORD, 16) : 0;
}

/**
 * Executes up to `limit` instructions.
 *
 * @returns 0 at the limit; 1 behind an `ecall`; 2 at an instruction that does not exist, jumps out of the text or has an
 *   operand outside the memory
 */
export function run(limit: u64): u32 {
  const reason = interpret(place, limit, textBase, textSize, records);
  place = nextRecord();
  executed += limit - unusedSteps();
  return reason;
}
