/** CALL, CALLCODE, DELEGATECALL and STATICCALL: gas, then the callee's frame. */
import { PRAGUE, SPURIOUS_DRAGON, TANGERINE_WHISTLE } from "../../spec/forks";
import {
  CALL_NEW_ACCOUNT, CALL_STIPEND, CALL_VALUE, COLD_ACCOUNT, FORK, WARM_ACCESS,
} from "../../spec/parameters";
import { Account, account, accountExists, accountIsEmpty, codeOf } from "../../state/account";
import { copy32, fits64, isZero32, zero32 } from "../../u256/word";
import { delegationTarget } from "../code";
import { enterCall, nextFrame } from "../enter";
import {
  addressPtr, charge, FRAME, Frame, GAS, halt, KIND_CALL, KIND_CALLCODE, KIND_DELEGATECALL, KIND_STATICCALL, MEMORY,
  valuePtr,
} from "../frame";
import { STATIC_CALL_VIOLATION } from "../status";
import { accountAt, chargeAccess, warmFromCold } from "./accounts";
import { reachRange } from "./memory";

/**
 * Pops gas, address, value (CALL and CALLCODE only), input range and output range. After success the callee's frame is
 * current, or its result lies on this frame's stack already.
 */
export function messageCall(kind: u32, sp: usize): bool {
  const value = sp - 64;
  const takesValue = kind <= KIND_CALLCODE;
  const input = takesValue ? sp - 96 : sp - 64;
  const output = input - 64;
  const transfers = takesValue && !isZero32(value);
  if (transfers && kind == KIND_CALL && FRAME.isStatic) return halt(STATIC_CALL_VIOLATION);
  const callee = accountAt(sp - 32);
  const gas = chargeCall(kind, sp, callee);
  if (gas < 0) return false;

  FRAME.sp = output - 64;
  const frame = nextFrame();
  frame.kind = kind;
  frame.gas = transfers ? gas + CALL_STIPEND : gas;
  setRoles(frame, kind, callee, value);
  frame.inputLength = <u32>load<u64>(input - 32);
  frame.input = frame.inputLength == 0 ? MEMORY : MEMORY + <usize>load<u64>(input);
  frame.outputLength = <u32>load<u64>(output - 32);
  frame.outputOffset = frame.outputLength == 0 ? 0 : <u32>load<u64>(output);
  enterCall(frame, FRAME.account, callee);
  return true;
}

/** Takes the gas of a call instruction, the callee's included, and returns the callee's; -1 when there is too little. */
export function chargeCall(kind: u32, sp: usize, callee: Account): i64 {
  const takesValue = kind <= KIND_CALLCODE;
  const transfers = takesValue && !isZero32(sp - 64);
  const input = takesValue ? sp - 96 : sp - 64;
  if (!reachRange(input, input - 32) || !reachRange(input - 64, input - 96)) return -1;
  if (!chargeAccess(callee) || !chargeDelegation(callee)) return -1;
  if (transfers && !charge(CALL_VALUE)) return -1;
  if (kind == KIND_CALL && bringsToLife(callee, transfers) && !charge(CALL_NEW_ACCOUNT)) return -1;
  const gas = calleeGas(sp);
  return charge(gas) ? gas : -1;
}

/** EIP-7702: the account that the callee delegates to is accessed as well. */
function chargeDelegation(callee: Account): bool {
  if (FORK < PRAGUE) return true;
  const target = delegationTarget(codeOf(callee));
  return target == 0 || charge(warmFromCold(account(target)) ? COLD_ACCOUNT : WARM_ACCESS);
}

/** Whether the call makes an account of one that is absent (before EIP-161) or empty and gets value (from it on). */
function bringsToLife(callee: Account, transfers: bool): bool {
  return FORK >= SPURIOUS_DRAGON ? transfers && accountIsEmpty(callee) : !accountExists(callee);
}

/** Gas for the callee; from EIP-150 on at most all but one 64th, before it exactly what was asked for. */
function calleeGas(requested: usize): i64 {
  const asked = fits64(requested) ? min<u64>(load<u64>(requested), i64.MAX_VALUE) : <u64>i64.MAX_VALUE;
  return FORK >= TANGERINE_WHISTLE ? min<i64>(<i64>asked, GAS - GAS / 64) : <i64>asked;
}

/** Who the callee's frame is, who calls it and with what value. */
function setRoles(frame: Frame, kind: u32, callee: Account, value: usize): void {
  frame.isStatic = kind == KIND_STATICCALL ? 1 : FRAME.isStatic;
  frame.account = kind == KIND_CALL || kind == KIND_STATICCALL ? callee : FRAME.account;
  frame.caller = kind == KIND_DELEGATECALL ? FRAME.caller : addressPtr(FRAME.account);
  if (kind == KIND_STATICCALL) zero32(valuePtr(frame));
  else copy32(valuePtr(frame), kind == KIND_DELEGATECALL ? valuePtr(FRAME) : value);
}
