/**
 * The instruction loop. It runs the current frame until it ends or another frame takes over; the state of the machine
 * that other parts need lies in evm/frame.ts, program counter and stack pointer are locals.
 */
import { Opcode } from "../generated/opcodes";
import { EXP_BYTE } from "../spec/parameters";
import { balancePtr } from "../state/account";
import { checkInstruction } from "../trace/step";
import { add, addSmall, less, lessSigned, isNegative, sub } from "../u256/add";
import { and, not, or, xor } from "../u256/bits";
import { divide, divideSigned, modulo, moduloSigned } from "../u256/divide";
import { exponentiate } from "../u256/exponentiate";
import { addModulo, multiplyModulo } from "../u256/modular";
import { multiply } from "../u256/multiply";
import { bitLength, byteAt, shiftLeft, shiftLeftBy, shiftRight, shiftRightBy, signExtend } from "../u256/shift";
import {
  copy32, eq32, fits64, isZero32, loadAddress, maskAddress, set64, setAddressMask, zero32,
} from "../u256/word";
import { blockHalt } from "./analysis";
import { Code, codeBytes } from "./code";
import {
  baseFeePtr, blobBaseFeePtr, coinbasePtr, ENV, gasPricePtr, originPtr, prevRandaoPtr,
} from "./environment";
import {
  addressPtr, charge, FRAME, GAS, HALT, KIND_CALL, KIND_CALLCODE, KIND_CREATE, KIND_CREATE2, KIND_DELEGATECALL,
  KIND_STATICCALL, MEMORY, MEMORY_SIZE, RETURN_DATA_LENGTH, setGas, setOutput, valuePtr,
} from "./frame";
import { Fused } from "./fusion";
import { balance, externalCodeCopy, externalCodeHash, externalCodeSize } from "./instructions/accounts";
import { messageCall } from "./instructions/calls";
import { contractCreation } from "./instructions/creations";
import { blobHash, blockHash, copyReturnData, loadInput } from "./instructions/environment";
import { log } from "./instructions/logs";
import {
  copyToMemory, copyWithinMemory, hashMemory, loadWord, loadWordAt, reachRange, storeByte, storeWord, storeWordAt,
} from "./instructions/memory";
import { selfDestruct } from "./instructions/selfdestruct";
import { duplicate, push, swap } from "./instructions/stack";
import { loadStorage, loadTransient, storeStorage, storeTransient } from "./instructions/storage";
import { INVALID_JUMP, INVALID_OPCODE, REVERT, SUCCESS } from "./status";

/** Not a status: a call or creation was made, and the frame that is now current runs next. */
export const SUSPENDED: u32 = 0xff;

/** Pays for a basic block; false when gas or stack do not suffice for it. */
// @ts-ignore: decorator
@inline
function enterBlock(block: usize, stackBytes: u32): bool {
  const entry = load<u64>(block);
  setGas(GAS - <i64>(entry & 0xffffffff));
  const spare = stackBytes - (<u32>(entry >> 32) & 0xffff);
  return i32(GAS >= 0) & i32(spare <= <u32>(entry >> 48)) ? true : false;
}

/** Number of the block that a jump to the word `destination` enters, 0 when there is no JUMPDEST. */
// @ts-ignore: decorator
@inline
function jumpTarget(code: Code, destination: usize): u32 {
  const offset = load<u64>(destination);
  if (!fits64(destination) || offset >= <u64>code.length) return 0;
  return load<u32>(code.jumpTable + (<usize>offset << 2));
}

/** Entry of the block that the fused jump at `pc` goes to, and the offset of its first instruction. */
// @ts-ignore: decorator
@inline
function knownBlock(code: Code, pc: usize): usize {
  return code.blocks + (<usize>load<u16>(pc, 1) << 3);
}

// @ts-ignore: decorator
@inline
function knownStart(code: Code, pc: usize): usize {
  return <usize>load<u32>(code.starts + (<usize>load<u16>(pc, 1) << 2));
}

/** RETURN and REVERT. */
export function handOver(sp: usize): bool {
  const size = sp - 32;
  if (!reachRange(sp, size)) return false;
  const length = <u32>load<u64>(size);
  setOutput(length == 0 ? MEMORY : MEMORY + <usize>load<u64>(sp), length);
  return true;
}

/** Keeps where the frame goes on after a call or creation. */
function suspend(pc: usize, block: usize): void {
  FRAME.pc = pc;
  FRAME.block = block;
}

/** Runs the current frame; returns its status (evm/status.ts), or SUSPENDED. */
export function interpret(): u32 {
  const stack = FRAME.stack;
  const code = changetype<Code>(FRAME.code);
  const bytes = code.instructions;
  let pc = FRAME.pc;
  let sp = FRAME.sp;
  let block = FRAME.block;
  if (!TRACE && !enterBlock(block, <u32>(sp - stack))) return blockHalt(load<u64>(block), GAS, <u32>(sp - stack));

  while (true) {
    const op = <u32>load<u8>(pc);
    if (TRACE && !checkInstruction(pc - bytes, op, sp)) return HALT;
    switch (op) {
      case Opcode.STOP: {
        setOutput(0, 0);
        return SUCCESS;
      }

      // Arithmetic
      case Opcode.ADD: { add(sp - 32, sp, sp - 32); sp -= 32; pc++; continue; }
      case Opcode.MUL: { multiply(sp - 32, sp, sp - 32); sp -= 32; pc++; continue; }
      case Opcode.SUB: { sub(sp - 32, sp, sp - 32); sp -= 32; pc++; continue; }
      case Opcode.DIV: { divide(sp - 32, sp, sp - 32); sp -= 32; pc++; continue; }
      case Opcode.SDIV: { divideSigned(sp - 32, sp, sp - 32); sp -= 32; pc++; continue; }
      case Opcode.MOD: { modulo(sp - 32, sp, sp - 32); sp -= 32; pc++; continue; }
      case Opcode.SMOD: { moduloSigned(sp - 32, sp, sp - 32); sp -= 32; pc++; continue; }
      case Opcode.ADDMOD: { addModulo(sp - 64, sp, sp - 32, sp - 64); sp -= 64; pc++; continue; }
      case Opcode.MULMOD: { multiplyModulo(sp - 64, sp, sp - 32, sp - 64); sp -= 64; pc++; continue; }
      case Opcode.EXP: {
        if (!charge(EXP_BYTE * <i64>((bitLength(sp - 32) + 7) >> 3))) return HALT;
        exponentiate(sp - 32, sp, sp - 32);
        sp -= 32;
        pc++;
        continue;
      }
      case Opcode.SIGNEXTEND: { signExtend(sp - 32, sp); sp -= 32; pc++; continue; }

      // Comparison and bitwise logic
      case Opcode.LT: { set64(sp - 32, u64(less(sp, sp - 32))); sp -= 32; pc++; continue; }
      case Opcode.GT: { set64(sp - 32, u64(less(sp - 32, sp))); sp -= 32; pc++; continue; }
      case Opcode.SLT: { set64(sp - 32, u64(lessSigned(sp, sp - 32))); sp -= 32; pc++; continue; }
      case Opcode.SGT: { set64(sp - 32, u64(lessSigned(sp - 32, sp))); sp -= 32; pc++; continue; }
      case Opcode.EQ: { set64(sp - 32, u64(eq32(sp, sp - 32))); sp -= 32; pc++; continue; }
      case Opcode.ISZERO: { set64(sp, u64(isZero32(sp))); pc++; continue; }
      case Opcode.AND: { and(sp - 32, sp, sp - 32); sp -= 32; pc++; continue; }
      case Opcode.OR: { or(sp - 32, sp, sp - 32); sp -= 32; pc++; continue; }
      case Opcode.XOR: { xor(sp - 32, sp, sp - 32); sp -= 32; pc++; continue; }
      case Opcode.NOT: { not(sp); pc++; continue; }
      case Opcode.BYTE: { set64(sp - 32, byteAt(sp - 32, sp)); sp -= 32; pc++; continue; }
      case Opcode.SHL: { shiftLeft(sp - 32, sp); sp -= 32; pc++; continue; }
      case Opcode.SHR: { shiftRight(sp - 32, sp, 0); sp -= 32; pc++; continue; }
      case Opcode.SAR: { shiftRight(sp - 32, sp, isNegative(sp - 32) ? <u64>-1 : 0); sp -= 32; pc++; continue; }
      case Opcode.CLZ: { set64(sp, 256 - bitLength(sp)); pc++; continue; }

      case Opcode.KECCAK256: { if (!hashMemory(sp)) return HALT; sp -= 32; pc++; continue; }

      // Message, accounts and block
      case Opcode.ADDRESS: { sp += 32; loadAddress(sp, addressPtr(FRAME.account)); pc++; continue; }
      case Opcode.BALANCE: { if (!balance(sp)) return HALT; pc++; continue; }
      case Opcode.ORIGIN: { sp += 32; loadAddress(sp, originPtr()); pc++; continue; }
      case Opcode.CALLER: { sp += 32; loadAddress(sp, FRAME.caller); pc++; continue; }
      case Opcode.CALLVALUE: { sp += 32; copy32(sp, valuePtr(FRAME)); pc++; continue; }
      case Opcode.CALLDATALOAD: { loadInput(sp); pc++; continue; }
      case Opcode.CALLDATASIZE: { sp += 32; set64(sp, FRAME.inputLength); pc++; continue; }
      case Opcode.CALLDATACOPY: {
        if (!copyToMemory(sp, FRAME.input, FRAME.inputLength)) return HALT;
        sp -= 96;
        pc++;
        continue;
      }
      case Opcode.CODESIZE: { sp += 32; set64(sp, code.length); pc++; continue; }
      case Opcode.CODECOPY: {
        if (!copyToMemory(sp, codeBytes(changetype<usize>(code)), code.length)) return HALT;
        sp -= 96;
        pc++;
        continue;
      }
      case Opcode.GASPRICE: { sp += 32; copy32(sp, gasPricePtr()); pc++; continue; }
      case Opcode.EXTCODESIZE: { if (!externalCodeSize(sp)) return HALT; pc++; continue; }
      case Opcode.EXTCODECOPY: { if (!externalCodeCopy(sp)) return HALT; sp -= 128; pc++; continue; }
      case Opcode.RETURNDATASIZE: { sp += 32; set64(sp, RETURN_DATA_LENGTH); pc++; continue; }
      case Opcode.RETURNDATACOPY: { if (!copyReturnData(sp)) return HALT; sp -= 96; pc++; continue; }
      case Opcode.EXTCODEHASH: { if (!externalCodeHash(sp)) return HALT; pc++; continue; }
      case Opcode.BLOCKHASH: { blockHash(sp); pc++; continue; }
      case Opcode.COINBASE: { sp += 32; loadAddress(sp, coinbasePtr()); pc++; continue; }
      case Opcode.TIMESTAMP: { sp += 32; set64(sp, ENV.timestamp); pc++; continue; }
      case Opcode.NUMBER: { sp += 32; set64(sp, ENV.number); pc++; continue; }
      case Opcode.PREVRANDAO: { sp += 32; copy32(sp, prevRandaoPtr()); pc++; continue; }
      case Opcode.GASLIMIT: { sp += 32; set64(sp, ENV.gasLimit); pc++; continue; }
      case Opcode.CHAINID: { sp += 32; set64(sp, ENV.chainId); pc++; continue; }
      case Opcode.SELFBALANCE: { sp += 32; copy32(sp, balancePtr(FRAME.account)); pc++; continue; }
      case Opcode.BASEFEE: { sp += 32; copy32(sp, baseFeePtr()); pc++; continue; }
      case Opcode.BLOBHASH: { blobHash(sp); pc++; continue; }
      case Opcode.BLOBBASEFEE: { sp += 32; copy32(sp, blobBaseFeePtr()); pc++; continue; }

      // Memory and storage
      case Opcode.POP: { sp -= 32; pc++; continue; }
      case Opcode.MLOAD: { if (!loadWord(sp, sp)) return HALT; pc++; continue; }
      case Opcode.MSTORE: { if (!storeWord(sp, sp - 32)) return HALT; sp -= 64; pc++; continue; }
      case Opcode.MSTORE8: { if (!storeByte(sp)) return HALT; sp -= 64; pc++; continue; }
      case Opcode.SLOAD: { if (!loadStorage(sp)) return HALT; pc++; continue; }
      case Opcode.SSTORE: { if (!storeStorage(sp)) return HALT; sp -= 64; pc++; block += 8; break; }
      case Opcode.MSIZE: { sp += 32; set64(sp, MEMORY_SIZE); pc++; continue; }
      case Opcode.TLOAD: { loadTransient(sp); pc++; continue; }
      case Opcode.TSTORE: { if (!storeTransient(sp)) return HALT; sp -= 64; pc++; continue; }
      case Opcode.MCOPY: { if (!copyWithinMemory(sp)) return HALT; sp -= 96; pc++; continue; }

      // Control. A break from the switch begins a basic block.
      case Opcode.JUMP: {
        const target = jumpTarget(code, sp);
        if (target == 0) return INVALID_JUMP;
        pc = bytes + <usize>load<u64>(sp);
        sp -= 32;
        if (TRACE) continue;
        pc++;
        block = code.blocks + (<usize>target << 3);
        break;
      }
      case Opcode.JUMPI: {
        if (isZero32(sp - 32)) {
          pc++;
          block += 8;
        } else {
          const target = jumpTarget(code, sp);
          if (target == 0) return INVALID_JUMP;
          pc = bytes + <usize>load<u64>(sp);
          if (!TRACE) pc++;
          block = code.blocks + (<usize>target << 3);
        }
        sp -= 64;
        break;
      }
      case Opcode.PC: { sp += 32; set64(sp, pc - bytes); pc++; continue; }
      case Opcode.GAS: { sp += 32; set64(sp, GAS); pc++; block += 8; break; }
      case Opcode.JUMPDEST: { pc++; block += 8; break; }

      // Stack
      case Opcode.PUSH0: { sp += 32; zero32(sp); pc++; continue; }
      case Opcode.PUSH1: { sp += 32; set64(sp, load<u8>(pc, 1)); pc += 2; continue; }
      case Opcode.PUSH2: { sp += 32; set64(sp, (<u64>load<u8>(pc, 1) << 8) | load<u8>(pc, 2)); pc += 3; continue; }
      case Opcode.PUSH3: case Opcode.PUSH4: case Opcode.PUSH5: case Opcode.PUSH6: case Opcode.PUSH7: case Opcode.PUSH8:
      case Opcode.PUSH9: case Opcode.PUSH10: case Opcode.PUSH11: case Opcode.PUSH12: case Opcode.PUSH13:
      case Opcode.PUSH14: case Opcode.PUSH15: case Opcode.PUSH16: case Opcode.PUSH17: case Opcode.PUSH18:
      case Opcode.PUSH19: case Opcode.PUSH20: case Opcode.PUSH21: case Opcode.PUSH22: case Opcode.PUSH23:
      case Opcode.PUSH24: case Opcode.PUSH25: case Opcode.PUSH26: case Opcode.PUSH27: case Opcode.PUSH28:
      case Opcode.PUSH29: case Opcode.PUSH30: case Opcode.PUSH31: case Opcode.PUSH32: {
        const size = op - Opcode.PUSH1 + 1;
        sp += 32;
        pc += 1 + size;
        push(sp, pc, size);
        continue;
      }
      case Opcode.DUP1: { sp += 32; duplicate(sp, 32); pc++; continue; }
      case Opcode.DUP2: { sp += 32; duplicate(sp, 64); pc++; continue; }
      case Opcode.DUP3: { sp += 32; duplicate(sp, 96); pc++; continue; }
      case Opcode.DUP4: { sp += 32; duplicate(sp, 128); pc++; continue; }
      case Opcode.DUP5: case Opcode.DUP6: case Opcode.DUP7: case Opcode.DUP8: case Opcode.DUP9: case Opcode.DUP10:
      case Opcode.DUP11: case Opcode.DUP12: case Opcode.DUP13: case Opcode.DUP14: case Opcode.DUP15: case Opcode.DUP16: {
        sp += 32;
        duplicate(sp, <usize>(op - Opcode.DUP1 + 1) << 5);
        pc++;
        continue;
      }
      case Opcode.SWAP1: { swap(sp, sp - 32); pc++; continue; }
      case Opcode.SWAP2: { swap(sp, sp - 64); pc++; continue; }
      case Opcode.SWAP3: case Opcode.SWAP4: case Opcode.SWAP5: case Opcode.SWAP6: case Opcode.SWAP7: case Opcode.SWAP8:
      case Opcode.SWAP9: case Opcode.SWAP10: case Opcode.SWAP11: case Opcode.SWAP12: case Opcode.SWAP13:
      case Opcode.SWAP14: case Opcode.SWAP15: case Opcode.SWAP16: {
        swap(sp, sp - (<usize>(op - Opcode.SWAP1 + 1) << 5));
        pc++;
        continue;
      }

      case Opcode.LOG0: case Opcode.LOG1: case Opcode.LOG2: case Opcode.LOG3: case Opcode.LOG4: {
        const topics = op - Opcode.LOG0;
        if (!log(sp, topics)) return HALT;
        sp -= <usize>(topics + 2) << 5;
        pc++;
        continue;
      }

      // Other frames
      case Opcode.CREATE: { suspend(pc + 1, block + 8); return contractCreation(KIND_CREATE, sp) ? SUSPENDED : HALT; }
      case Opcode.CREATE2: { suspend(pc + 1, block + 8); return contractCreation(KIND_CREATE2, sp) ? SUSPENDED : HALT; }
      case Opcode.CALL: { suspend(pc + 1, block + 8); return messageCall(KIND_CALL, sp) ? SUSPENDED : HALT; }
      case Opcode.CALLCODE: { suspend(pc + 1, block + 8); return messageCall(KIND_CALLCODE, sp) ? SUSPENDED : HALT; }
      case Opcode.DELEGATECALL: {
        suspend(pc + 1, block + 8);
        return messageCall(KIND_DELEGATECALL, sp) ? SUSPENDED : HALT;
      }
      case Opcode.STATICCALL: { suspend(pc + 1, block + 8); return messageCall(KIND_STATICCALL, sp) ? SUSPENDED : HALT; }
      case Opcode.RETURN: { return handOver(sp) ? SUCCESS : HALT; }
      case Opcode.REVERT: { return handOver(sp) ? REVERT : HALT; }
      case Opcode.SELFDESTRUCT: { return selfDestruct(sp) ? SUCCESS : HALT; }

      // Fused instructions (evm/fusion.ts)
      case Fused.JUMP: { const at = pc; pc = bytes + knownStart(code, at); block = knownBlock(code, at); break; }
      case Fused.JUMPI: {
        const taken = !isZero32(sp);
        sp -= 32;
        if (taken) { const at = pc; pc = bytes + knownStart(code, at); block = knownBlock(code, at); }
        else { pc += 4; block += 8; }
        break;
      }
      case Fused.ISZERO_JUMPI: {
        const taken = isZero32(sp);
        sp -= 32;
        if (taken) { const at = pc; pc = bytes + knownStart(code, at); block = knownBlock(code, at); }
        else { pc += 5; block += 8; }
        break;
      }
      case Fused.EQ_JUMPI: {
        const taken = eq32(sp, sp - 32);
        sp -= 64;
        if (taken) { const at = pc; pc = bytes + knownStart(code, at); block = knownBlock(code, at); }
        else { pc += 5; block += 8; }
        break;
      }
      case Fused.LT_JUMPI: {
        const taken = less(sp, sp - 32);
        sp -= 64;
        if (taken) { const at = pc; pc = bytes + knownStart(code, at); block = knownBlock(code, at); }
        else { pc += 5; block += 8; }
        break;
      }
      case Fused.GT_JUMPI: {
        const taken = less(sp - 32, sp);
        sp -= 64;
        if (taken) { const at = pc; pc = bytes + knownStart(code, at); block = knownBlock(code, at); }
        else { pc += 5; block += 8; }
        break;
      }
      case Fused.LT_ISZERO_JUMPI: {
        const taken = !less(sp, sp - 32);
        sp -= 64;
        if (taken) { const at = pc; pc = bytes + knownStart(code, at); block = knownBlock(code, at); }
        else { pc += 6; block += 8; }
        break;
      }
      case Fused.GT_ISZERO_JUMPI: {
        const taken = !less(sp - 32, sp);
        sp -= 64;
        if (taken) { const at = pc; pc = bytes + knownStart(code, at); block = knownBlock(code, at); }
        else { pc += 6; block += 8; }
        break;
      }
      case Fused.SELECT: {
        if (load<u64>(sp) == <u64>load<u32>(pc, 3) && fits64(sp)) {
          const at = pc;
          pc = bytes + knownStart(code, at);
          block = knownBlock(code, at);
        } else { pc += 11; block += 8; }
        break;
      }
      case Fused.PUSH1_ADD: { addSmall(sp, load<u8>(pc, 1)); pc += 3; continue; }
      case Fused.PUSH1_SHL: { shiftLeftBy(sp, load<u8>(pc, 1)); pc += 3; continue; }
      case Fused.PUSH1_SHR: { shiftRightBy(sp, load<u8>(pc, 1), 0); pc += 3; continue; }
      case Fused.PUSH1_MLOAD: { sp += 32; if (!loadWordAt(sp, load<u8>(pc, 1))) return HALT; pc += 3; continue; }
      case Fused.PUSH1_MSTORE: { if (!storeWordAt(load<u8>(pc, 1), sp)) return HALT; sp -= 32; pc += 3; continue; }
      case Fused.DUP_ADD: { add(sp, sp - (<usize>load<u8>(pc, 1) << 5), sp); pc += 2; continue; }
      case Fused.DUP_AND: { and(sp, sp - (<usize>load<u8>(pc, 1) << 5), sp); pc += 2; continue; }
      case Fused.DUP_MLOAD: {
        sp += 32;
        if (!loadWord(sp, sp - 32 - (<usize>load<u8>(pc, 1) << 5))) return HALT;
        pc += 2;
        continue;
      }
      case Fused.DUP_MSTORE: {
        if (!storeWord(sp - (<usize>load<u8>(pc, 1) << 5), sp)) return HALT;
        sp -= 32;
        pc += 2;
        continue;
      }
      case Fused.ADDRESS_MASK: { sp += 32; setAddressMask(sp); pc += 8; continue; }
      case Fused.ADDRESS_MASK_AND: { maskAddress(sp); pc += 9; continue; }
      case Fused.PUSH20_MASK_AND: { maskAddress(sp); pc += 22; continue; }
      case Fused.DUP_DUP: {
        const numbers = <usize>load<u8>(pc, 1);
        copy32(sp + 32, sp - ((numbers & 15) << 5));
        copy32(sp + 64, sp + 32 - ((numbers >> 4) << 5));
        sp += 64;
        pc += 2;
        continue;
      }
      case Fused.SWAP_SWAP: {
        const numbers = <usize>load<u8>(pc, 1);
        swap(sp, sp - 32 - ((numbers & 15) << 5));
        swap(sp, sp - 32 - ((numbers >> 4) << 5));
        pc += 2;
        continue;
      }
      case Fused.SWAP_DUP: {
        const numbers = <usize>load<u8>(pc, 1);
        swap(sp, sp - 32 - ((numbers & 15) << 5));
        copy32(sp + 32, sp - ((numbers >> 4) << 5));
        sp += 32;
        pc += 2;
        continue;
      }
      case Fused.DUP_SWAP: {
        const numbers = <usize>load<u8>(pc, 1);
        sp += 32;
        copy32(sp, sp - 32 - ((numbers & 15) << 5));
        swap(sp, sp - 32 - ((numbers >> 4) << 5));
        pc += 2;
        continue;
      }
      case Fused.SWAP_POP: {
        copy32(sp - 32 - (<usize>load<u8>(pc, 1) << 5), sp);
        sp -= 32;
        pc += 2;
        continue;
      }
      case Fused.POP_POP: { sp -= 64; pc += 2; continue; }
      case Fused.PUSH1_DUP: {
        set64(sp + 32, load<u8>(pc, 1));
        copy32(sp + 64, sp + 32 - (<usize>load<u8>(pc, 2) << 5));
        sp += 64;
        pc += 3;
        continue;
      }
      case Fused.PUSH1_PUSH1: {
        set64(sp + 32, load<u8>(pc, 1));
        set64(sp + 64, load<u8>(pc, 2));
        sp += 64;
        pc += 4;
        continue;
      }

      default: return INVALID_OPCODE;
    }
    if (!TRACE && !enterBlock(block, <u32>(sp - stack))) return blockHalt(load<u64>(block), GAS, <u32>(sp - stack));
  }
}
