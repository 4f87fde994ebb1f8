/**
 * Basic blocks. The interpreter checks gas and stack once per block; a block therefore ends before every JUMPDEST and
 * after every instruction that leaves it or whose effect depends on the exact gas left. Within a block a shortage is
 * noticed early, which nobody can tell: an exceptional halt takes all gas and undoes all effects either way.
 *
 * Block entry (u64): static gas of the block (32 bits), stack bytes it needs (16), stack bytes it may have beyond those
 * (16). Entries are numbered by the blocks' order in the code, so falling into the next block is a step of 8 bytes.
 */
import {
  Opcode, OPCODE_DEFINED, OPCODE_ENDS_BLOCK, OPCODE_TABLE, OPCODE_TERMINATES,
} from "../generated/opcodes";
import { lockState, unlockState } from "../memory/sharing";
import { FORK } from "../spec/parameters";
import { analysisSpace, Code, CODE_PADDING, codeBytes } from "./code";
import { STACK_BYTES } from "./frame";
import { fuse } from "./fusion";
import { INVALID_OPCODE, OUT_OF_GAS, STACK_OVERFLOW, STACK_UNDERFLOW } from "./status";

/** Stack needs that no stack meets: the block holds an undefined instruction, or grows the stack beyond its limit. */
const NEEDS_UNDEFINED: u32 = 0xffff;
const NEEDS_IMPOSSIBLE: u32 = 0xfffe;

/** Entry of an instruction in the running fork's table: gas u16, inputs u8, outputs u8, traits u8, immediate bytes u8. */
// @ts-ignore: decorator
@inline
export function opcodeEntry(op: u32): usize {
  return OPCODE_TABLE + (((<usize>FORK << 8) | <usize>op) << 3);
}

/** Attaches jump table and blocks for the running fork to a code record. */
export function analyse(code: Code): void {
  if (isAnalysed(code)) return;
  // A placed record is the running frame's alone.
  if (code.end != 0) return attach(code);
  lockState();
  if (!isAnalysed(code)) attach(code);
  unlockState();
}

// @ts-ignore: decorator
@inline
function isAnalysed(code: Code): bool {
  if (GUEST) return code.analysedFork == FORK + 1;
  return atomic.load<u32>(changetype<usize>(code), offsetof<Code>("analysedFork")) == FORK + 1;
}

function attach(code: Code): void {
  if (code.jumpTable == 0) {
    const bytes = codeBytes(changetype<usize>(code));
    const blocks = <usize>countBlocks(bytes, code.length);
    const jumpTableSize = ((<usize>code.length << 2) + 7) & ~7;
    code.jumpTable = analysisSpace(code, jumpTableSize + blocks * 12);
    code.blocks = code.jumpTable + jumpTableSize;
    code.starts = code.blocks + (blocks << 3);
    writeJumpTable(bytes, code.length, code.jumpTable, code.starts);
    code.instructions = TRACE ? bytes : fusedCopy(code, bytes);
  }
  writeBlocks(codeBytes(changetype<usize>(code)), code.length, code.blocks);
  code.compiled = 0;
  code.requestAt = 0;
  code.heat = 0;
  if (GUEST) code.analysedFork = FORK + 1;
  else atomic.store<u32>(changetype<usize>(code), FORK + 1, offsetof<Code>("analysedFork"));
}

/** The code with fused instructions. What follows a jump never decides where an instruction begins, so one pass is enough. */
function fusedCopy(code: Code, bytes: usize): usize {
  const size = <usize>code.length + CODE_PADDING;
  const copy = analysisSpace(code, size);
  memory.copy(copy, bytes, size);
  for (let at: u32 = 0; at < code.length; ) {
    const op = <u32>load<u8>(bytes + at);
    const fused = fuse(copy + at, op, code.length, code.jumpTable);
    at += fused != 0 ? fused : 1 + <u32>load<u8>(opcodeEntry(op), 5);
  }
  return copy;
}

function countBlocks(bytes: usize, length: u32): u32 {
  let blocks: u32 = 1;
  for (let at: u32 = 0; at < length; at++) {
    const op = <u32>load<u8>(bytes + at);
    const entry = opcodeEntry(op);
    if (op == Opcode.JUMPDEST || load<u8>(entry, 4) & OPCODE_ENDS_BLOCK) blocks++;
    at += load<u8>(entry, 5);
  }
  return blocks;
}

function writeJumpTable(bytes: usize, length: u32, jumpTable: usize, starts: usize): void {
  memory.fill(jumpTable, 0, <usize>length << 2);
  let block: u32 = 0;
  for (let at: u32 = 0; at < length; at++) {
    const op = <u32>load<u8>(bytes + at);
    const entry = opcodeEntry(op);
    if (op == Opcode.JUMPDEST) {
      store<u32>(jumpTable + (<usize>at << 2), ++block);
      store<u32>(starts + (<usize>block << 2), at + 1);
    } else if (load<u8>(entry, 4) & OPCODE_ENDS_BLOCK) {
      block++;
    }
    at += load<u8>(entry, 5);
  }
}

let gas: u64 = 0;
let height: i32 = 0;
let needs: i32 = 0;
let highest: i32 = 0;
/** Cleared by an instruction that control does not pass: what follows in the block never runs. */
let reachable: bool = false;
let undefined: bool = false;

function writeBlocks(bytes: usize, length: u32, blocks: usize): void {
  beginBlock();
  for (let at: u32 = 0; at < length; at++) {
    const op = <u32>load<u8>(bytes + at);
    const entry = opcodeEntry(op);
    if (op == Opcode.JUMPDEST) blocks = closeBlock(blocks);
    if (reachable) addInstruction(entry);
    if (load<u8>(entry, 4) & OPCODE_ENDS_BLOCK) blocks = closeBlock(blocks);
    at += load<u8>(entry, 5);
  }
  closeBlock(blocks);
}

function beginBlock(): void {
  gas = 0;
  height = 0;
  needs = 0;
  highest = 0;
  reachable = true;
  undefined = false;
}

function addInstruction(entry: usize): void {
  const traits = <u32>load<u8>(entry, 4);
  if ((traits & OPCODE_DEFINED) == 0) {
    undefined = true;
    reachable = false;
    return;
  }
  const inputs = <i32>load<u8>(entry, 2);
  gas += load<u16>(entry);
  needs = max(needs, inputs - height);
  height += <i32>load<u8>(entry, 3) - inputs;
  highest = max(highest, height);
  if (traits & OPCODE_TERMINATES) reachable = false;
}

/**
 * Writes the block's entry and begins the next one; returns the place of its entry. The block needs `needs` words on the
 * stack and raises it by at most `highest` words. Gas beyond 32 bits takes megabytes of code in one block.
 */
function closeBlock(blocks: usize): usize {
  let needed = <u32>needs << 5;
  let spare: i32 = <i32>STACK_BYTES - ((needs + highest) << 5);
  if (undefined) needed = NEEDS_UNDEFINED;
  else if (spare < 0) needed = NEEDS_IMPOSSIBLE;
  if (needed >= NEEDS_IMPOSSIBLE) spare = 0;
  store<u64>(blocks, min<u64>(gas, u32.MAX_VALUE) | (<u64>needed << 32) | (<u64>spare << 48));
  beginBlock();
  return blocks + 8;
}

/** Why a block could not be entered with `gas` left after paying for it and `stackBytes` on the stack. */
export function blockHalt(block: u64, gas: i64, stackBytes: u32): u32 {
  const needed = <u32>(block >> 32) & 0xffff;
  if (needed == NEEDS_UNDEFINED) return INVALID_OPCODE;
  if (needed == NEEDS_IMPOSSIBLE) return STACK_OVERFLOW;
  if (stackBytes < needed) return STACK_UNDERFLOW;
  return gas < 0 ? OUT_OF_GAS : STACK_OVERFLOW;
}
