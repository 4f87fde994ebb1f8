/** The precompiles as a module of their own, for tests and measurements without the rest of the kernel. */
import { ENV, ENVIRONMENT_SIZE, setEnvironment } from "../evm/environment";
import { reserve } from "../memory/heap";
import { clearPrecompileMoves, precompileId, runPrecompile, setPrecompileMove } from "./precompiles";

export { clearPrecompileMoves, precompileId, runPrecompile, setPrecompileMove };
export { PRECOMPILE_GAS_LEFT, PRECOMPILE_OUTPUT, PRECOMPILE_OUTPUT_LEN } from "./precompiles";

export function allocate(bytes: usize): usize {
  return reserve(bytes);
}

export function setRules(fork: u32, features: u64): void {
  if (changetype<usize>(ENV) == 0) setEnvironment(reserve(ENVIRONMENT_SIZE));
  ENV.fork = fork;
  ENV.features = features;
}
