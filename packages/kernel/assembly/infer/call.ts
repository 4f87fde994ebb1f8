/** Gas and outcome of the call in progress. */
import { OUT_OF_GAS, REVERT, SUCCESS } from "../evm/status";
import { setGasLeft, setOutput } from "../precompiles/result";
import { INSUFFICIENT_GAS, encodeError2, output } from "./abi";

/** Gas of a call that reads no prompt. */
export const LOOKUP_GAS: u64 = 200;

let gasLeft: i64 = 0;

export function beginCall(gas: i64): void {
  gasLeft = gas;
}

/** Hands over gas and output of a call that ended with `status`. */
export function endCall(status: u32): u32 {
  setGasLeft(status == OUT_OF_GAS ? 0 : gasLeft);
  if (status == OUT_OF_GAS) setOutput(0, 0);
  return status;
}

/** Takes gas; false, and nothing taken, when it is not there. */
export function pay(gas: u64): bool {
  if (gas > <u64>gasLeft) return false;
  gasLeft -= <i64>gas;
  return true;
}

/** SUCCESS when the gas for the most that may be done is there, else a revert that says how much it is. */
export function reserveGas(gas: u64): u32 {
  return gas > <u64>gasLeft ? revert(encodeError2(INSUFFICIENT_GAS, gas, gasLeft)) : SUCCESS;
}

/** Reverts with the first `length` bytes of the output. */
export function revert(length: u32): u32 {
  setOutput(output(), length);
  return REVERT;
}

/** As `revert`, before a prompt is read. */
export function refuse(length: u32): u32 {
  return pay(LOOKUP_GAS) ? revert(length) : OUT_OF_GAS;
}

export function succeed(length: u32): u32 {
  setOutput(output(), length);
  return SUCCESS;
}
