/**
 * Superinstructions: what the interpreter runs is a copy of the code in which frequent sequences of instructions within a
 * basic block are one, with their operands behind its byte. A fused instruction takes the place and the bytes of the
 * sequence, so that offsets stay what they are; gas and stack were checked for the block, so only the effect is to be
 * the same. Bytes without an instruction in any fork name them: a block that has such a byte in it is never entered
 * (evm/analysis.ts). The tracing build runs the code as it is.
 */
import { Opcode } from "../generated/opcodes";

/** What stands behind the byte of a fused instruction, and how many bytes the sequence had. */
export enum Fused {
  /** Jumps to a known JUMPDEST: its block's number u16. PUSH2 JUMP, PUSH2 JUMPI, and JUMPI on a comparison. */
  JUMP = 0xb0, // 4
  JUMPI = 0xb1, // 4
  ISZERO_JUMPI = 0xb2, // 5
  EQ_JUMPI = 0xb3, // 5
  LT_JUMPI = 0xb4, // 5
  GT_JUMPI = 0xb5, // 5
  LT_ISZERO_JUMPI = 0xb6, // 6
  GT_ISZERO_JUMPI = 0xb7, // 6
  /** DUP1 PUSH4 EQ PUSH2 JUMPI, as dispatchers on selectors have it: block u16, selector u32. */
  SELECT = 0xb8, // 11
  /** PUSH1 and an operation: the pushed byte. */
  PUSH1_ADD = 0xb9, // 3
  PUSH1_SHL = 0xba, // 3
  PUSH1_SHR = 0xbb, // 3
  PUSH1_MLOAD = 0xbc, // 3
  PUSH1_MSTORE = 0xbd, // 3
  /** DUPn and an operation: n - 1. */
  DUP_ADD = 0xbe, // 2
  DUP_AND = 0xbf, // 2
  DUP_MLOAD = 0xc0, // 2
  DUP_MSTORE = 0xc1, // 2
  /** 2^160 - 1 as Solidity builds it, PUSH1 1 PUSH1 1 PUSH1 160 SHL SUB, and as PUSH20; alone or with AND. */
  ADDRESS_MASK = 0xc2, // 8
  ADDRESS_MASK_AND = 0xc3, // 9
  PUSH20_MASK_AND = 0xc4, // 22
  /** Pairs that only move words: both numbers less 1, or what PUSH1 pushes and the number less 1. */
  DUP_DUP = 0xc5, // 2
  SWAP_SWAP = 0xc6, // 2
  SWAP_DUP = 0xc7, // 2
  DUP_SWAP = 0xc8, // 2
  SWAP_POP = 0xc9, // 2
  POP_POP = 0xca, // 2
  PUSH1_DUP = 0xcb, // 3
  PUSH1_PUSH1 = 0xcc, // 4
}

/** PUSH1 1 PUSH1 1 PUSH1 160 SHL SUB, first byte lowest. */
const BUILT_MASK: u64 = 0x031b_a060_0160_0160;
const MAX_BLOCKS: u32 = 0x10000;

/** Fuses what begins with the instruction of `op` at `at`; returns the bytes it took, 0 when it stays as it is. */
export function fuse(at: usize, op: u32, length: u32, jumpTable: usize): u32 {
  const size = fuseJump(at, op, length, jumpTable);
  if (size != 0) return size;
  if (op == Opcode.PUSH1) return fusePush(at);
  if (op == Opcode.PUSH20) return fuseMask(at);
  return fuseStack(at, op);
}

/** Number of the block at the JUMPDEST that `PUSH2 target` names, 0 = none that fits the operand. */
function pushedBlock(at: usize, length: u32, jumpTable: usize): u32 {
  if (load<u8>(at) != Opcode.PUSH2) return 0;
  const target = (<u32>load<u8>(at, 1) << 8) | load<u8>(at, 2);
  const block = target < length ? load<u32>(jumpTable + (<usize>target << 2)) : 0;
  return block < MAX_BLOCKS ? block : 0;
}

function fuseJump(at: usize, op: u32, length: u32, jumpTable: usize): u32 {
  const fused = jumpFused(at, op);
  if (fused == 0) return 0;
  const prefix = jumpPrefix(fused);
  const block = pushedBlock(at + prefix, length, jumpTable);
  if (block == 0) return 0;
  if (fused == Fused.SELECT) store<u32>(at, bswap<u32>(load<u32>(at, 2)), 3);
  store<u8>(at, <u8>fused);
  store<u16>(at, <u16>block, 1);
  return <u32>prefix + 4;
}

/** Bytes before PUSH2. */
function jumpPrefix(fused: u32): usize {
  if (fused <= <u32>Fused.JUMPI) return 0;
  if (fused <= <u32>Fused.GT_JUMPI) return 1;
  return fused == Fused.SELECT ? 7 : 2;
}

/** The jump that the instructions at `at` make if their PUSH2 names a JUMPDEST, 0 = none. */
function jumpFused(at: usize, op: u32): u32 {
  if (op == Opcode.PUSH2) {
    const jump = <u32>load<u8>(at, 3);
    return jump == Opcode.JUMP ? Fused.JUMP : jump == Opcode.JUMPI ? Fused.JUMPI : 0;
  }
  if (op == Opcode.DUP1) return isSelect(at) ? Fused.SELECT : 0;
  if (load<u8>(at, 4) == Opcode.JUMPI) {
    if (op == Opcode.ISZERO) return Fused.ISZERO_JUMPI;
    if (op == Opcode.EQ) return Fused.EQ_JUMPI;
    if (op == Opcode.LT) return Fused.LT_JUMPI;
    return op == Opcode.GT ? Fused.GT_JUMPI : 0;
  }
  if (load<u8>(at, 1) != Opcode.ISZERO || load<u8>(at, 5) != Opcode.JUMPI) return 0;
  return op == Opcode.LT ? Fused.LT_ISZERO_JUMPI : op == Opcode.GT ? Fused.GT_ISZERO_JUMPI : 0;
}

function isSelect(at: usize): bool {
  return load<u8>(at, 1) == Opcode.PUSH4 && load<u8>(at, 6) == Opcode.EQ && load<u8>(at, 10) == Opcode.JUMPI;
}

function fusePush(at: usize): u32 {
  if (load<u64>(at) == BUILT_MASK) {
    const masks = load<u8>(at, 8) == Opcode.AND;
    store<u8>(at, <u8>(masks ? Fused.ADDRESS_MASK_AND : Fused.ADDRESS_MASK));
    return masks ? 9 : 8;
  }
  const next = <u32>load<u8>(at, 2);
  const computes = pushComputes(next);
  if (computes != 0) {
    store<u8>(at, <u8>computes);
    return 3;
  }
  if (isDup(next) && dupComputes(load<u8>(at, 3)) == 0 && !isSelect(at + 2)) {
    store<u8>(at, <u8>Fused.PUSH1_DUP);
    store<u8>(at, <u8>(next - Opcode.DUP1), 2);
    return 3;
  }
  if (next == Opcode.PUSH1 && pushComputes(load<u8>(at, 4)) == 0 && load<u64>(at + 2) != BUILT_MASK) {
    store<u8>(at, <u8>Fused.PUSH1_PUSH1);
    store<u8>(at, load<u8>(at, 3), 2);
    return 4;
  }
  return 0;
}

/** What PUSH1 and the operation `op` make together, 0 = nothing. */
function pushComputes(op: u32): u32 {
  if (op == Opcode.ADD) return Fused.PUSH1_ADD;
  if (op == Opcode.SHL) return Fused.PUSH1_SHL;
  if (op == Opcode.SHR) return Fused.PUSH1_SHR;
  if (op == Opcode.MLOAD) return Fused.PUSH1_MLOAD;
  return op == Opcode.MSTORE ? Fused.PUSH1_MSTORE : 0;
}

function dupComputes(op: u32): u32 {
  if (op == Opcode.ADD) return Fused.DUP_ADD;
  if (op == Opcode.AND) return Fused.DUP_AND;
  if (op == Opcode.MLOAD) return Fused.DUP_MLOAD;
  return op == Opcode.MSTORE ? Fused.DUP_MSTORE : 0;
}

function fuseMask(at: usize): u32 {
  const mask = load<u64>(at, 1) & load<u64>(at, 9) & (<u64>load<u32>(at, 17) | 0xffffffff00000000);
  if (mask != <u64>-1 || load<u8>(at, 21) != Opcode.AND) return 0;
  store<u8>(at, <u8>Fused.PUSH20_MASK_AND);
  return 22;
}

// @ts-ignore: decorator
@inline
function isDup(op: u32): bool {
  return op - Opcode.DUP1 < 16;
}

// @ts-ignore: decorator
@inline
function isSwap(op: u32): bool {
  return op - Opcode.SWAP1 < 16;
}

function fuseStack(at: usize, op: u32): u32 {
  const next = <u32>load<u8>(at, 1);
  let fused: u32 = 0;
  let operands: u32 = 0;
  if (op == Opcode.POP) {
    if (next == Opcode.POP) fused = Fused.POP_POP;
  } else if (isDup(op)) {
    operands = op - Opcode.DUP1;
    fused = dupComputes(next);
    if (fused == 0) fused = pairWith(at, next, Fused.DUP_DUP, Fused.DUP_SWAP);
  } else if (isSwap(op)) {
    operands = op - Opcode.SWAP1;
    fused = next == Opcode.POP ? Fused.SWAP_POP : pairWith(at, next, Fused.SWAP_DUP, Fused.SWAP_SWAP);
  }
  if (fused == 0) return 0;
  if (isDup(next) || isSwap(next)) operands |= (next & 15) << 4;
  store<u8>(at, <u8>fused);
  store<u8>(at, <u8>operands, 1);
  return 2;
}

/** The pair with a following DUP or SWAP, unless that does better with what comes after it. */
function pairWith(at: usize, next: u32, withDup: u32, withSwap: u32): u32 {
  const after = <u32>load<u8>(at, 2);
  if (isDup(next)) return dupComputes(after) == 0 && !isSelect(at + 1) ? withDup : 0;
  return isSwap(next) && after != Opcode.POP ? withSwap : 0;
}
