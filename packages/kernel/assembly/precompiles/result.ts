/** Gas left after the last precompile; 0 when it failed. */
export let PRECOMPILE_GAS_LEFT: i64 = 0;
/**
 * Output of the last precompile. Valid until the next one runs and, because the identity's output is its input, until the
 * input is overwritten: callers copy it.
 */
export let PRECOMPILE_OUTPUT: usize = 0;
/** Length of the output in bytes; 0 when the precompile failed. */
export let PRECOMPILE_OUTPUT_LEN: u32 = 0;

export function setGasLeft(gas: i64): void {
  PRECOMPILE_GAS_LEFT = gas;
}

export function setOutput(output: usize, len: u32): void {
  PRECOMPILE_OUTPUT = output;
  PRECOMPILE_OUTPUT_LEN = len;
}
