/** Top-level messages: a call or a creation and everything it calls. */
import { reserve } from "../memory/heap";
import { PRAGUE } from "../spec/forks";
import { FORK, selectFork } from "../spec/parameters";
import { Account, account, codeOf, warmAccount } from "../state/account";
import { copy32 } from "../u256/word";
import { createAddress } from "./address";
import { delegationTarget } from "./code";
import { enterCall, enterCreate, leaveFrame, nextFrame, STATUS } from "./enter";
import { ENV, ENVIRONMENT_SIZE, setEnvironment } from "./environment";
import {
  addressPtr, FRAME, GAS, HOST_FRAME, KIND_CALL, KIND_CREATE, resetFrames, reserveFrames, RETURN_DATA,
  RETURN_DATA_LENGTH, SCRATCH, setGas, valuePtr,
} from "./frame";
import { SUSPENDED } from "./interpreter";
import { runFrame } from "./jit";
import { reserveTrace } from "../trace/trace";

/** Gas that the last top-level message left, 0 after an exceptional halt. Refunds are the journal's. */
export let GAS_LEFT: i64 = 0;
/** Output of the last top-level message (a creation's is the deployed code), valid until the next message. */
export let OUTPUT: usize = 0;
export let OUTPUT_LENGTH: u32 = 0;
/** Address (24-byte buffer) that the last top-level creation derived, whether or not it succeeded. */
export let CREATED_ADDRESS: usize = 0;

/** Reserves the regions of the EVM and the environment record. Once per instance, before anything else here. */
export function initEvm(): void {
  setEnvironment(reserve(ENVIRONMENT_SIZE));
  reserveFrames();
  if (TRACE) reserveTrace();
}

/**
 * Runs a top-level call in a state checkpoint of its own: transfers `value` (u256), resolves an EIP-7702 delegation,
 * runs precompile or code. The caller has paid for the gas and incremented the nonce.
 * Returns a status of evm/status.ts; sets GAS_LEFT, OUTPUT and OUTPUT_LENGTH.
 */
export function call(sender: Account, callee: Account, value: usize, input: usize, inputLength: u32, gas: i64): u32 {
  prepare();
  if (FORK >= PRAGUE) {
    const target = delegationTarget(codeOf(callee));
    if (target != 0) warmAccount(account(target));
  }
  const frame = nextFrame();
  frame.kind = KIND_CALL;
  frame.gas = gas;
  frame.isStatic = 0;
  frame.account = callee;
  frame.caller = addressPtr(sender);
  copy32(valuePtr(frame), value);
  frame.input = input;
  frame.inputLength = inputLength;
  frame.outputLength = 0;
  enterCall(frame, sender, callee);
  return run();
}

/**
 * Runs a top-level creation. `nonce` is the creator's nonce before the transaction incremented it: the address derives
 * from it. Returns a status; sets CREATED_ADDRESS too.
 */
export function create(creator: Account, nonce: u64, value: usize, init: usize, initLength: u32, gas: i64): u32 {
  prepare();
  createAddress(addressPtr(creator), nonce, SCRATCH);
  CREATED_ADDRESS = addressPtr(account(SCRATCH));
  const frame = nextFrame();
  frame.kind = KIND_CREATE;
  frame.gas = gas;
  copy32(valuePtr(frame), value);
  enterCreate(frame, creator, SCRATCH, init, initLength);
  return run();
}

/** As after a message without output. */
export function clearOutput(): void {
  OUTPUT_LENGTH = 0;
}

/** Sets CREATED_ADDRESS as `create` does, for a creation that does not run. */
export function nameCreation(creator: usize, nonce: u64): void {
  createAddress(creator, nonce, SCRATCH);
  CREATED_ADDRESS = addressPtr(account(SCRATCH));
}

function prepare(): void {
  if (FORK != ENV.fork) selectFork(ENV.fork);
  resetFrames();
  setGas(0);
}

/** Runs frames until the host's is the current one again. */
function run(): u32 {
  while (FRAME != HOST_FRAME) {
    const status = runFrame();
    if (status != SUSPENDED) leaveFrame(status);
  }
  GAS_LEFT = GAS;
  OUTPUT = RETURN_DATA;
  OUTPUT_LENGTH = RETURN_DATA_LENGTH;
  return STATUS;
}
