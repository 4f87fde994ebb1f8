/** The loop over decoded instructions. A switch of one-line cases, because a call per instruction would double its time. */
import { RECORD } from "./decode";
import {
  divideSigned, divideSignedWord, divideUnsigned, divideUnsignedWord, highMixed, highSigned, highUnsigned, remainderSigned,
  remainderSignedWord, remainderUnsigned, remainderUnsignedWord,
} from "./multiply";
import {
  ADD, ADDI, ADDIW, ADDW, AND, ANDI, BEQ, BGE, BGEU, BLT, BLTU, BNE, DIV, DIVU, DIVUW, DIVW, ECALL, FENCE, JAL, JALR,
  LB, LBU, LD, LH, LHU, LUI, LW, LWU, MUL, MULH, MULHSU, MULHU, MULW, OR, ORI, REM, REMU, REMUW, REMW, SB, SD, SH,
  SLL, SLLI, SLLIW, SLLW, SLT, SLTI, SLTIU, SLTU, SRA, SRAI, SRAIW, SRAW, SRL, SRLI, SRLIW, SRLW, SUB, SUBW, SW, XOR,
  XORI,
} from "./operations";

/** Why `interpret` came back: at the limit, behind an `ecall`, at an instruction that cannot be executed. */
export const LIMIT: u32 = 0;
export const CALL: u32 = 1;
export const FAULT: u32 = 2;

/** Bytes of the machine's memory. An access begins at least eight bytes below its end. */
export const ADDRESS_LIMIT: u64 = 0x8100_0000;

let stoppedAt: usize = 0;
let stepsLeft: u64 = 0;
let memoryBase: usize = 0;
/** Last address whose eight bytes are backed. */
let ceiling: u64 = 0;

/** Record of the next instruction after `interpret`. */
export function nextRecord(): usize {
  return stoppedAt;
}

/** What is left of the limit after `interpret`. */
export function unusedSteps(): u64 {
  return stepsLeft;
}

/** The machine's memory begins at `base`, which is followed by all memory there is. */
export function openMemory(base: usize): void {
  memoryBase = base;
  ceiling = backedBytes() - 8;
}

function backedBytes(): u64 {
  return ((<u64><u32>memory.size()) << 16) - <u64>memoryBase;
}

/** Backs `address` and the seven bytes behind it; false when the machine has no such memory. Grows by a quarter at least. */
export function reach(address: u64): bool {
  if (address > ADDRESS_LIMIT - 8) return false;
  if (address <= ceiling) return true;
  const backed = backedBytes();
  const wanted = min(max(address + 8, backed + (backed >> 2)), ADDRESS_LIMIT);
  if (memory.grow(<i32>((wanted - backed + 0xffff) >>> 16)) < 0) unreachable();
  ceiling = backedBytes() - 8;
  return true;
}

// @ts-ignore: decorator
@inline
function stop(at: usize, left: u64): void {
  stoppedAt = at;
  stepsLeft = left;
}

// @ts-ignore: decorator
@inline
function rs1(at: usize): u64 {
  return load<u64>(load<u16>(at, 4));
}

// @ts-ignore: decorator
@inline
function rs2(at: usize): u64 {
  return load<u64>(load<u16>(at, 6));
}

// @ts-ignore: decorator
@inline
function imm(at: usize): u64 {
  return load<u64>(at, 8);
}

// @ts-ignore: decorator
@inline
function put(at: usize, value: u64): void {
  store<u64>(load<u16>(at, 2), value);
}

// @ts-ignore: decorator
@inline
function word(value: i32): u64 {
  return <u64><i64>value;
}

/** Executes from the record `at` on; the text's first record is at `records`. */
export function interpret(at: usize, limit: u64, textBase: u32, textSize: u32, records: usize): u32 {
  let left = limit;
  while (left != 0) {
    left--;
    if (PROFILE) store<u64>(at, load<u64>(at, 16) + 1, 16);
    switch (<u32>load<u16>(at)) {
      case LUI: put(at, imm(at)); break;
      case JAL: put(at, <u64>load<u32>(at, 4)); at += <usize>imm(at); continue;
      case JALR: {
        const target = (rs1(at) + imm(at) & ~1) - <u64>textBase;
        if (target >= <u64>textSize || (target & 3) != 0) {
          stop(at, left + 1);
          return FAULT;
        }
        put(at, <u64>textBase + <u64>((at - records) / RECORD << 2) + 4);
        at = records + (<usize>target >>> 2) * RECORD;
        continue;
      }
      case BEQ: at += rs1(at) == rs2(at) ? <usize>imm(at) : RECORD; continue;
      case BNE: at += rs1(at) != rs2(at) ? <usize>imm(at) : RECORD; continue;
      case BLT: at += <i64>rs1(at) < <i64>rs2(at) ? <usize>imm(at) : RECORD; continue;
      case BGE: at += <i64>rs1(at) >= <i64>rs2(at) ? <usize>imm(at) : RECORD; continue;
      case BLTU: at += rs1(at) < rs2(at) ? <usize>imm(at) : RECORD; continue;
      case BGEU: at += rs1(at) >= rs2(at) ? <usize>imm(at) : RECORD; continue;
      case LB: {
        const address = rs1(at) + imm(at);
        if (address > ceiling && !reach(address)) {
          stop(at, left + 1);
          return FAULT;
        }
        put(at, <u64><i64>load<i8>(memoryBase + <usize>address));
        break;
      }
      case LH: {
        const address = rs1(at) + imm(at);
        if (address > ceiling && !reach(address)) {
          stop(at, left + 1);
          return FAULT;
        }
        put(at, <u64><i64>load<i16>(memoryBase + <usize>address));
        break;
      }
      case LW: {
        const address = rs1(at) + imm(at);
        if (address > ceiling && !reach(address)) {
          stop(at, left + 1);
          return FAULT;
        }
        put(at, <u64><i64>load<i32>(memoryBase + <usize>address));
        break;
      }
      case LD: {
        const address = rs1(at) + imm(at);
        if (address > ceiling && !reach(address)) {
          stop(at, left + 1);
          return FAULT;
        }
        put(at, load<u64>(memoryBase + <usize>address));
        break;
      }
      case LBU: {
        const address = rs1(at) + imm(at);
        if (address > ceiling && !reach(address)) {
          stop(at, left + 1);
          return FAULT;
        }
        put(at, <u64>load<u8>(memoryBase + <usize>address));
        break;
      }
      case LHU: {
        const address = rs1(at) + imm(at);
        if (address > ceiling && !reach(address)) {
          stop(at, left + 1);
          return FAULT;
        }
        put(at, <u64>load<u16>(memoryBase + <usize>address));
        break;
      }
      case LWU: {
        const address = rs1(at) + imm(at);
        if (address > ceiling && !reach(address)) {
          stop(at, left + 1);
          return FAULT;
        }
        put(at, <u64>load<u32>(memoryBase + <usize>address));
        break;
      }
      case SB: {
        const address = rs1(at) + imm(at);
        if (address > ceiling && !reach(address)) {
          stop(at, left + 1);
          return FAULT;
        }
        store<u8>(memoryBase + <usize>address, <u8>rs2(at));
        break;
      }
      case SH: {
        const address = rs1(at) + imm(at);
        if (address > ceiling && !reach(address)) {
          stop(at, left + 1);
          return FAULT;
        }
        store<u16>(memoryBase + <usize>address, <u16>rs2(at));
        break;
      }
      case SW: {
        const address = rs1(at) + imm(at);
        if (address > ceiling && !reach(address)) {
          stop(at, left + 1);
          return FAULT;
        }
        store<u32>(memoryBase + <usize>address, <u32>rs2(at));
        break;
      }
      case SD: {
        const address = rs1(at) + imm(at);
        if (address > ceiling && !reach(address)) {
          stop(at, left + 1);
          return FAULT;
        }
        store<u64>(memoryBase + <usize>address, <u64>rs2(at));
        break;
      }
      case ADDI: put(at, rs1(at) + imm(at)); break;
      case SLTI: put(at, u64(<i64>rs1(at) < <i64>imm(at))); break;
      case SLTIU: put(at, u64(rs1(at) < imm(at))); break;
      case XORI: put(at, rs1(at) ^ imm(at)); break;
      case ORI: put(at, rs1(at) | imm(at)); break;
      case ANDI: put(at, rs1(at) & imm(at)); break;
      case SLLI: put(at, rs1(at) << imm(at)); break;
      case SRLI: put(at, rs1(at) >>> imm(at)); break;
      case SRAI: put(at, <u64>(<i64>rs1(at) >> <i64>imm(at))); break;
      case ADD: put(at, rs1(at) + rs2(at)); break;
      case SUB: put(at, rs1(at) - rs2(at)); break;
      case SLL: put(at, rs1(at) << rs2(at)); break;
      case SLT: put(at, u64(<i64>rs1(at) < <i64>rs2(at))); break;
      case SLTU: put(at, u64(rs1(at) < rs2(at))); break;
      case XOR: put(at, rs1(at) ^ rs2(at)); break;
      case SRL: put(at, rs1(at) >>> rs2(at)); break;
      case SRA: put(at, <u64>(<i64>rs1(at) >> <i64>rs2(at))); break;
      case OR: put(at, rs1(at) | rs2(at)); break;
      case AND: put(at, rs1(at) & rs2(at)); break;
      case ADDIW: put(at, word(<i32>rs1(at) + <i32>imm(at))); break;
      case SLLIW: put(at, word(<i32>rs1(at) << <i32>imm(at))); break;
      case SRLIW: put(at, word(<i32>(<u32>rs1(at) >>> <u32>imm(at)))); break;
      case SRAIW: put(at, word(<i32>rs1(at) >> <i32>imm(at))); break;
      case ADDW: put(at, word(<i32>rs1(at) + <i32>rs2(at))); break;
      case SUBW: put(at, word(<i32>rs1(at) - <i32>rs2(at))); break;
      case SLLW: put(at, word(<i32>rs1(at) << <i32>rs2(at))); break;
      case SRLW: put(at, word(<i32>(<u32>rs1(at) >>> <u32>rs2(at)))); break;
      case SRAW: put(at, word(<i32>rs1(at) >> <i32>rs2(at))); break;
      case MUL: put(at, rs1(at) * rs2(at)); break;
      case MULH: put(at, highSigned(rs1(at), rs2(at))); break;
      case MULHSU: put(at, highMixed(rs1(at), rs2(at))); break;
      case MULHU: put(at, highUnsigned(rs1(at), rs2(at))); break;
      case DIV: put(at, divideSigned(rs1(at), rs2(at))); break;
      case DIVU: put(at, divideUnsigned(rs1(at), rs2(at))); break;
      case REM: put(at, remainderSigned(rs1(at), rs2(at))); break;
      case REMU: put(at, remainderUnsigned(rs1(at), rs2(at))); break;
      case MULW: put(at, word(<i32>rs1(at) * <i32>rs2(at))); break;
      case DIVW: put(at, word(divideSignedWord(<i32>rs1(at), <i32>rs2(at)))); break;
      case DIVUW: put(at, word(divideUnsignedWord(<u32>rs1(at), <u32>rs2(at)))); break;
      case REMW: put(at, word(remainderSignedWord(<i32>rs1(at), <i32>rs2(at)))); break;
      case REMUW: put(at, word(remainderUnsignedWord(<u32>rs1(at), <u32>rs2(at)))); break;
      case FENCE: break;
      case ECALL: stop(at + RECORD, left); return CALL;
      default: stop(at, left + 1); return FAULT;
    }
    at += RECORD;
  }
  stop(at, 0);
  return LIMIT;
}
