/**
 * Instructions (RISC-V unprivileged ISA, RV64I 2.1 and M 2.0) decoded once into records: operation u16, three registers as
 * addresses u16 each, operand i64. What does not exist is ILLEGAL, as are branches and jumps to places outside the text.
 */
import {
  ADD, ADDI, ADDIW, ADDW, AND, ANDI, BEQ, BGE, BGEU, BLT, BLTU, BNE, DIV, DIVU, DIVUW, DIVW, ECALL, FENCE, ILLEGAL, JAL,
  JALR, LB, LBU, LD, LH, LHU, LUI, LW, LWU, MUL, MULH, MULHSU, MULHU, MULW, OR, ORI, REM, REMU, REMUW, REMW, SB, SD, SH, SLL,
  SLLI, SLLIW, SLLW, SLT, SLTI, SLTIU, SLTU, SRA, SRAI, SRAIW, SRAW, SRL, SRLI, SRLIW, SRLW, SUB, SUBW, SW, XOR, XORI,
} from "./operations";

/** x0 … x31, 8 bytes each; behind them a place for what is written to x0. */
export const REGISTERS: usize = memory.data(33 * 8, 8);
const NOWHERE: u32 = 32;

/** Bytes of a record. The last eight of a profile's count executions. */
export const RECORD: usize = PROFILE ? 24 : 16;

/** Operations of the funct3 of an opcode. */
const LOADS: StaticArray<u32> = [LB, LH, LW, LD, LBU, LHU, LWU, ILLEGAL];
const STORES: StaticArray<u32> = [SB, SH, SW, SD, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL];
const BRANCHES: StaticArray<u32> = [BEQ, BNE, ILLEGAL, ILLEGAL, BLT, BGE, BLTU, BGEU];
const IMMEDIATES: StaticArray<u32> = [ADDI, SLLI, SLTI, SLTIU, XORI, SRLI, ORI, ANDI];
const PLAIN: StaticArray<u32> = [ADD, SLL, SLT, SLTU, XOR, SRL, OR, AND];
const MULTIPLY: StaticArray<u32> = [MUL, MULH, MULHSU, MULHU, DIV, DIVU, REM, REMU];
const PLAIN_WORD: StaticArray<u32> = [ADDW, SLLW, ILLEGAL, ILLEGAL, ILLEGAL, SRLW, ILLEGAL, ILLEGAL];
const MULTIPLY_WORD: StaticArray<u32> = [MULW, ILLEGAL, ILLEGAL, ILLEGAL, DIVW, DIVUW, REMW, REMUW];

/** Decodes the instruction `word` at `place` bytes from the text's beginning into the record at `out`. */
export function decodeInstruction(word: u32, place: u32, textBase: u32, textSize: u32, out: usize): void {
  const funct3 = (word >>> 12) & 7, funct7 = word >>> 25;
  let immediate: i64 = <i64>(<i32>word >> 20);
  let operation: u32 = ILLEGAL;
  let link = false;
  switch (word & 0x7f) {
    case 0x37: operation = LUI, immediate = <i64>(<i32>(word & 0xfffff000)); break;
    case 0x17: operation = LUI, immediate = <i64>(<i32>(word & 0xfffff000)) + <i64>(textBase + place); break;
    case 0x6f: {
      const target = <i64>place + jumpOffset(word);
      if (isInside(target, textSize)) operation = JAL, immediate = (target - <i64>place) / 4 * RECORD, link = true;
      break;
    }
    case 0x67: if (funct3 == 0) operation = JALR; break;
    case 0x63: {
      const target = <i64>place + branchOffset(word);
      if (isInside(target, textSize)) operation = unchecked(BRANCHES[funct3]), immediate = (target - <i64>place) / 4 * RECORD;
      break;
    }
    case 0x03: operation = unchecked(LOADS[funct3]); break;
    case 0x23: operation = unchecked(STORES[funct3]), immediate = <i64>((<i32>word >> 25 << 5) | <i32>((word >>> 7) & 31)); break;
    case 0x13: operation = shiftOr(unchecked(IMMEDIATES[funct3]), funct3, word >>> 26, 0x10, SRAI); if (isShift(funct3)) immediate &= 63; break;
    case 0x1b: operation = wordImmediate(funct3, funct7); if (isShift(funct3)) immediate &= 31; break;
    case 0x33: operation = registerOperation(PLAIN, MULTIPLY, funct3, funct7, SUB, SRA); break;
    case 0x3b: operation = registerOperation(PLAIN_WORD, MULTIPLY_WORD, funct3, funct7, SUBW, SRAW); break;
    case 0x0f: if (funct3 == 0) operation = FENCE; break;
    case 0x73: if (word == 0x73) operation = ECALL; break;
  }
  const rd = (word >>> 7) & 31;
  store<u16>(out, <u16>operation);
  store<u16>(out, registerAddress(rd == 0 ? NOWHERE : rd), 2);
  store<u16>(out, registerAddress((word >>> 15) & 31), 4);
  store<u16>(out, registerAddress((word >>> 20) & 31), 6);
  if (link) store<u32>(out, textBase + place + 4, 4);
  store<i64>(out, immediate, 8);
}

function registerAddress(register: u32): u16 {
  return <u16>(REGISTERS + ((<usize>register) << 3));
}

function isInside(target: i64, textSize: u32): bool {
  return target >= 0 && target < <i64>textSize && (target & 3) == 0;
}

function isShift(funct3: u32): bool {
  return funct3 == 1 || funct3 == 5;
}

/** A shift's upper bits say which; anything else in them is no instruction. */
function shiftOr(operation: u32, funct3: u32, upper: u32, arithmetic: u32, whenArithmetic: u32): u32 {
  if (!isShift(funct3) || upper == 0) return operation;
  return funct3 == 5 && upper == arithmetic ? whenArithmetic : ILLEGAL;
}

function wordImmediate(funct3: u32, funct7: u32): u32 {
  if (funct3 == 0) return ADDIW;
  if (!isShift(funct3)) return ILLEGAL;
  return shiftOr(funct3 == 1 ? SLLIW : SRLIW, funct3, funct7, 0x20, SRAIW);
}

function registerOperation(
  plain: StaticArray<u32>, multiply: StaticArray<u32>, funct3: u32, funct7: u32, subtract: u32, arithmetic: u32,
): u32 {
  if (funct7 == 0) return unchecked(plain[funct3]);
  if (funct7 == 1) return unchecked(multiply[funct3]);
  if (funct7 != 0x20) return ILLEGAL;
  return funct3 == 0 ? subtract : funct3 == 5 ? arithmetic : ILLEGAL;
}

function jumpOffset(word: u32): i64 {
  return <i64>(
    ((<i32>word >> 31) << 20) | <i32>(word & 0xff000) | <i32>(((word >>> 20) & 1) << 11) | <i32>(((word >>> 21) & 0x3ff) << 1)
  );
}

function branchOffset(word: u32): i64 {
  return <i64>(
    ((<i32>word >> 31) << 12) | <i32>(((word >>> 7) & 1) << 11) | <i32>(((word >>> 25) & 63) << 5) | <i32>(((word >>> 8) & 15) << 1)
  );
}
