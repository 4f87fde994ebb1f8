/**
 * What compiled functions call: the interpreter's own instructions, so that each has one implementation. `sp` points to
 * the top word of the instruction's operands, which lie where the interpreter would have them. False: HALT says why.
 */
import { balancePtr } from "../state/account";
import { EXP_BYTE } from "../spec/parameters";
import { exponentiate } from "../u256/exponentiate";
import { bitLength, signExtend } from "../u256/shift";
import { copy32, loadAddress, set64 } from "../u256/word";
import { Opcode } from "../generated/opcodes";
import { blockHalt } from "./analysis";
import { Code, codeBytes } from "./code";
import {
  baseFeePtr, blobBaseFeePtr, coinbasePtr, ENV, gasPricePtr, originPtr, prevRandaoPtr,
} from "./environment";
import { addressPtr, charge, FRAME, GAS, HALT, RETURN_DATA_LENGTH, setOutput } from "./frame";
import { messageCall } from "./instructions/calls";
import { contractCreation } from "./instructions/creations";
import { loadInput } from "./instructions/environment";
import { copyToMemory, reach } from "./instructions/memory";
import { selfDestruct } from "./instructions/selfdestruct";
import { loadStorage } from "./instructions/storage";
import { handOver, SUSPENDED } from "./interpreter";
import { INTERPRET, RUNNING } from "./jit";
import { SUCCESS } from "./status";

export { divide, divideSigned, modulo, moduloSigned } from "../u256/divide";
export { addModulo, multiplyModulo } from "../u256/modular";
export { balance, externalCodeCopy, externalCodeHash, externalCodeSize } from "./instructions/accounts";
export { blobHash, blockHash, copyReturnData } from "./instructions/environment";
export { log } from "./instructions/logs";
export { copyWithinMemory, hashMemory } from "./instructions/memory";
export { loadTransient, storeStorage, storeTransient } from "./instructions/storage";

export function signExtendWord(sp: usize): void {
  signExtend(sp - 32, sp);
}

export function power(sp: usize): bool {
  if (!charge(EXP_BYTE * <i64>((bitLength(sp - 32) + 7) >> 3))) return false;
  exponentiate(sp - 32, sp, sp - 32);
  return true;
}

/** Makes memory reach `end`, above the size it has. */
export function reachMemory(end: u64): bool {
  return reach(end);
}

export function readStorage(sp: usize): bool {
  return loadStorage(sp);
}

export function readInput(sp: usize): void {
  loadInput(sp);
}

export function copyInput(sp: usize): bool {
  return copyToMemory(sp, FRAME.input, FRAME.inputLength);
}

export function copyCode(sp: usize): bool {
  const code = FRAME.code;
  return copyToMemory(sp, codeBytes(code), changetype<Code>(code).length);
}

/** Writes the word that an instruction without operands pushes to `sp`. */
export function readEnvironment(op: u32, sp: usize): void {
  switch (op) {
    case Opcode.ADDRESS: { loadAddress(sp, addressPtr(FRAME.account)); return; }
    case Opcode.ORIGIN: { loadAddress(sp, originPtr()); return; }
    case Opcode.CALLER: { loadAddress(sp, FRAME.caller); return; }
    case Opcode.GASPRICE: { copy32(sp, gasPricePtr()); return; }
    case Opcode.RETURNDATASIZE: { set64(sp, RETURN_DATA_LENGTH); return; }
    case Opcode.COINBASE: { loadAddress(sp, coinbasePtr()); return; }
    case Opcode.TIMESTAMP: { set64(sp, ENV.timestamp); return; }
    case Opcode.NUMBER: { set64(sp, ENV.number); return; }
    case Opcode.PREVRANDAO: { copy32(sp, prevRandaoPtr()); return; }
    case Opcode.GASLIMIT: { set64(sp, ENV.gasLimit); return; }
    case Opcode.CHAINID: { set64(sp, ENV.chainId); return; }
    case Opcode.SELFBALANCE: { copy32(sp, balancePtr(FRAME.account)); return; }
    case Opcode.BASEFEE: { copy32(sp, baseFeePtr()); return; }
    case Opcode.BLOBBASEFEE: { copy32(sp, blobBaseFeePtr()); return; }
    default: unreachable();
  }
}

/** Where the frame goes on: after `pc` bytes of code in basic block `block`, at `entry` of the running function (0: the block's). */
function suspend(pc: u32, block: u32, entry: u32): void {
  const code = FRAME.code;
  FRAME.pc = changetype<Code>(code).instructions + <usize>pc;
  FRAME.block = changetype<Code>(code).blocks + (<usize>block << 3);
  FRAME.compiled = RUNNING;
  FRAME.entry = entry;
}

export function callMessage(kind: u32, sp: usize, pc: u32, block: u32, entry: u32): u32 {
  suspend(pc, block, entry);
  return messageCall(kind, sp) ? SUSPENDED : HALT;
}

export function createContract(kind: u32, sp: usize, pc: u32, block: u32, entry: u32): u32 {
  suspend(pc, block, entry);
  return contractCreation(kind, sp) ? SUSPENDED : HALT;
}

/** Hands the frame to the interpreter at a basic block that is not paid for yet. */
export function leaveToInterpreter(sp: usize, pc: u32, block: u32): u32 {
  suspend(pc, block, 0);
  FRAME.sp = sp;
  return INTERPRET;
}

/** RETURN and REVERT, which end with `status`. */
export function handOverRange(sp: usize, status: u32): u32 {
  return handOver(sp) ? status : HALT;
}

export function stopFrame(): u32 {
  setOutput(0, 0);
  return SUCCESS;
}

export function destroySelf(sp: usize): u32 {
  return selfDestruct(sp) ? SUCCESS : HALT;
}

/** Why a basic block, paid for already, could not be entered with the stack up to `sp`. */
export function haltBlock(block: u32, sp: usize): u32 {
  const code = changetype<Code>(FRAME.code);
  return blockHalt(load<u64>(code.blocks + (<usize>block << 3)), GAS, <u32>(sp - FRAME.stack));
}
