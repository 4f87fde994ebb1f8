/** Beginning and end of frames: depth, balances, checkpoints, precompiles, code deposits, and what the caller gets back. */
import {
  PRECOMPILE_GAS_LEFT, PRECOMPILE_OUTPUT, PRECOMPILE_OUTPUT_LEN, precompileId, runPrecompile,
} from "../precompiles/precompiles";
import { HOMESTEAD, LONDON, PRAGUE, SPURIOUS_DRAGON } from "../spec/forks";
import { CODE_DEPOSIT_BYTE, COLD_ACCOUNT, FORK, MAX_CODE_SIZE } from "../spec/parameters";
import {
  Account, account, addBalance, balancePtr, codeOf, createContract, hasStorage, setCode, setNonce, subBalance, touch,
  warmAccount,
} from "../state/account";
import { checkpoint, revertTo } from "../state/journal";
import { traceEnter, traceExit } from "../trace/trace";
import { less } from "../u256/add";
import { isZero32, loadAddress, zero32 } from "../u256/word";
import { analyse } from "./analysis";
import { Code, codeLength, delegationTarget, placeCode, placedCodeLimit } from "./code";
import {
  addressPtr, charge, depth, FRAME, Frame, FRAME_SIZE, GAS, HOST_FRAME, KIND_CALL, KIND_CALLCODE, KIND_CREATE,
  KIND_CREATE2, KIND_STATICCALL, MAX_DEPTH, MAX_MESSAGE_MEMORY, MEMORY, MEMORY_SIZE, OUTPUT, OUTPUT_LENGTH, RETURN_DATA,
  RETURN_DATA_LENGTH, setFrame, setGas, setReturnData, setReturnDataLength, valuePtr,
} from "./frame";
import { pushSegment, SEGMENT_END } from "./segments";
import {
  CALL_DEPTH_EXCEEDED, CODE_SIZE_EXCEEDED, CREATE_COLLISION, INSUFFICIENT_BALANCE, INVALID_CODE, MEMORY_LIMIT,
  NONCE_OVERFLOW, OUT_OF_GAS, REVERT, SUCCESS,
} from "./status";

/** Status of the last message that ended. */
export let STATUS: u32 = SUCCESS;

/** Record of the frame that the running one may enter; it lies beyond the last one when the depth is exhausted. */
export function nextFrame(): Frame {
  return changetype<Frame>(changetype<usize>(FRAME) + FRAME_SIZE);
}

// @ts-ignore: decorator
@inline
function creates(frame: Frame): bool {
  return frame.kind == KIND_CREATE || frame.kind == KIND_CREATE2;
}

/**
 * Calls the code of `callee` in `frame`, whose kind, gas, roles, input and output place are set; `sender` pays the value.
 * Either `frame` becomes the running one, or the call ends at once and the running frame has its result.
 */
export function enterCall(frame: Frame, sender: Account, callee: Account): void {
  const precompile = precompileId(addressPtr(callee));
  if (TRACE) traceEnter(frame, addressPtr(callee), frame.input, frame.inputLength, precompile != 0);
  setReturnDataLength(0);
  const value = valuePtr(frame);
  if (depth() + 1 > MAX_DEPTH) return complete(frame, CALL_DEPTH_EXCEEDED, frame.gas);
  if (frame.kind <= KIND_CALLCODE && less(balancePtr(sender), value)) {
    return complete(frame, INSUFFICIENT_BALANCE, frame.gas);
  }
  frame.checkpoint = checkpoint();
  if (frame.kind == KIND_CALL) transfer(sender, callee, value);
  else if (frame.kind == KIND_STATICCALL) touch(callee);
  if (precompile != 0) return completePrecompile(frame, precompile, callee);
  const code = executableCode(callee);
  if (codeLength(code) == 0) return complete(frame, SUCCESS, frame.gas);
  begin(frame, code);
}

/** EIP-7702: an account with a delegation runs the code of its target, and only one step far. */
function executableCode(callee: Account): usize {
  const code = codeOf(callee);
  if (FORK < PRAGUE) return code;
  const target = delegationTarget(code);
  return target == 0 ? code : codeOf(account(target));
}

function transfer(from: Account, to: Account, value: usize): void {
  touch(to);
  if (isZero32(value)) return;
  subBalance(from, value);
  addBalance(to, value);
}

function completePrecompile(frame: Frame, precompile: u32, callee: Account): void {
  const status = runPrecompile(precompile, frame.input, frame.inputLength, frame.gas);
  if (status <= REVERT) setReturnData(PRECOMPILE_OUTPUT, PRECOMPILE_OUTPUT_LEN);
  if (status != SUCCESS) revertTo(frame.checkpoint);
  complete(frame, status, status <= REVERT ? PRECOMPILE_GAS_LEFT : 0);
}

/**
 * Runs `length` bytes at `init` as the initialization code of a contract at `address` (24-byte buffer); kind, gas and
 * value of `frame` are set. A nested creation increments the creator's nonce here, a transaction has done so.
 */
export function enterCreate(frame: Frame, creator: Account, address: usize, init: usize, length: u32): void {
  const created = account(address);
  frame.account = created;
  frame.caller = addressPtr(creator);
  frame.isStatic = 0;
  frame.input = 0;
  frame.inputLength = 0;
  frame.outputLength = 0;
  if (TRACE) traceEnter(frame, addressPtr(created), init, length, false);
  setReturnDataLength(0);
  if (depth() + 1 > MAX_DEPTH) return complete(frame, CALL_DEPTH_EXCEEDED, frame.gas);
  if (less(balancePtr(creator), valuePtr(frame))) return complete(frame, INSUFFICIENT_BALANCE, frame.gas);
  if (FRAME != HOST_FRAME) {
    if (creator.nonce == u64.MAX_VALUE) return complete(frame, NONCE_OVERFLOW, frame.gas);
    setNonce(creator, creator.nonce + 1);
  }
  if (COLD_ACCOUNT != 0) warmAccount(created);
  if (created.nonce != 0 || codeLength(codeOf(created)) != 0 || hasStorage(created)) {
    return complete(frame, CREATE_COLLISION, 0);
  }
  const space = placedCodeLimit(length);
  if (<u64>FRAME.memoryBelow + MEMORY_SIZE + space > MAX_MESSAGE_MEMORY) return complete(frame, MEMORY_LIMIT, 0);
  frame.checkpoint = checkpoint();
  createContract(created);
  if (FORK >= SPURIOUS_DRAGON) setNonce(created, 1);
  transfer(creator, created, valuePtr(frame));
  begin(frame, placeCode(placeAbove(<usize>space), init, length));
}

/** Room for `space` bytes above the running frame's memory, multiple of 32. */
function placeAbove(space: usize): usize {
  const place = MEMORY + <usize>MEMORY_SIZE;
  return space <= FRAME.memoryEnd - place ? place : pushSegment(space);
}

/** Makes `frame` the running one at the first byte of `code`, which lies just below its memory if it is placed code. */
function begin(frame: Frame, code: usize): void {
  const record = changetype<Code>(code);
  analyse(record);
  frame.code = code;
  frame.pc = record.instructions;
  frame.block = record.blocks;
  frame.entry = 0;
  frame.stack = FRAME.sp;
  frame.sp = FRAME.sp;
  frame.memory = creates(frame) ? (record.end + 31) & ~31 : MEMORY + <usize>MEMORY_SIZE;
  frame.memorySize = 0;
  frame.memoryEnd = SEGMENT_END;
  frame.memoryBelow = FRAME.memoryBelow + <u32>MEMORY_SIZE + (creates(frame) ? <u32>(frame.memory - code) : 0);
  FRAME.gas = GAS;
  FRAME.memorySize = <u32>MEMORY_SIZE;
  setFrame(frame);
  setGas(frame.gas);
}

/** Ends the running frame with a status of evm/status.ts and gives its result to the frame below. */
export function leaveFrame(status: u32): void {
  const frame = FRAME;
  if (creates(frame) && status == SUCCESS) status = depositCode(frame.account);
  if (status != SUCCESS) revertTo(frame.checkpoint);
  if (status <= REVERT) setReturnData(OUTPUT, OUTPUT_LENGTH);
  else setReturnDataLength(0);
  const gasLeft = status <= REVERT ? GAS : 0;
  setFrame(changetype<Frame>(changetype<usize>(frame) - FRAME_SIZE));
  setGas(FRAME.gas);
  complete(frame, status, gasLeft);
}

/** Size, first byte and price of the code that a creation returns; Frontier keeps the account without code it cannot pay. */
function depositCode(created: Account): u32 {
  if (FORK >= SPURIOUS_DRAGON && OUTPUT_LENGTH > MAX_CODE_SIZE) return CODE_SIZE_EXCEEDED;
  if (FORK >= LONDON && OUTPUT_LENGTH != 0 && load<u8>(OUTPUT) == 0xef) return INVALID_CODE;
  const cost = CODE_DEPOSIT_BYTE * <i64>OUTPUT_LENGTH;
  if (GAS < cost) return FORK >= HOMESTEAD ? OUT_OF_GAS : SUCCESS;
  charge(cost);
  setCode(created, OUTPUT, OUTPUT_LENGTH);
  return SUCCESS;
}

/** Gives the running frame the result of `frame`: gas, output in memory, and success or address on the stack. */
function complete(frame: Frame, status: u32, gasLeft: i64): void {
  STATUS = status;
  if (TRACE) traceExit(frame, status, gasLeft);
  setGas(GAS + gasLeft);
  if (FRAME == HOST_FRAME) return;
  const result = FRAME.sp + 32;
  FRAME.sp = result;
  zero32(result);
  if (creates(frame)) {
    if (status == SUCCESS) {
      loadAddress(result, addressPtr(frame.account));
      setReturnDataLength(0);
    }
    return;
  }
  if (status == SUCCESS) store<u64>(result, 1);
  memory.copy(MEMORY + <usize>frame.outputOffset, RETURN_DATA, min<u32>(frame.outputLength, RETURN_DATA_LENGTH));
}
