import { OUT_OF_GAS, PRECOMPILE_FAILURE, SUCCESS } from "../evm/status";
import { runInference } from "../infer/precompile";
import { isWithinLimit } from "../rollup/precompile-limits";
import { runTensor } from "../tensor/precompile";
import { execute } from "./execute";
import { precompileGas } from "./gas";
import { setGasLeft, setOutput } from "./result";
import { ID_INFERENCE, ID_TENSOR } from "./table";

export { clearPrecompileMoves, isStandardPrecompile, precompileId, setPrecompileMove } from "./active";
export { PRECOMPILE_GAS_LEFT, PRECOMPILE_OUTPUT, PRECOMPILE_OUTPUT_LEN } from "./result";

/**
 * Runs precompile `id` (from `precompileId`) on `len` bytes at `input` with `gas` ≥ 0.
 *
 * @returns SUCCESS, OUT_OF_GAS or PRECOMPILE_FAILURE (both take all gas), or for models and tensors also REVERT;
 *   gas left and output in `PRECOMPILE_*`
 */
export function runPrecompile(id: u32, input: usize, len: u32, gas: i64): u32 {
  setGasLeft(0);
  setOutput(0, 0);
  if (id == ID_INFERENCE) return runInference(input, len, gas);
  if (id == ID_TENSOR) return runTensor(input, len, gas);
  const cost = precompileGas(id, input, len);
  if (cost > (gas as u64)) return OUT_OF_GAS;
  if (!isWithinLimit(id, len) || !execute(id, input, len)) return PRECOMPILE_FAILURE;
  setGasLeft(gas - (cost as i64));
  return SUCCESS;
}
