import { type EngineBuild, instantiateEngine, type PrecompileOutcome } from "./engine.ts";

interface TensorExports {
  inferenceInput(length: number): number;
  tensorPrecompile(length: number, gas: bigint): number;
  inferenceGasLeft(): bigint;
  inferenceOutput(): number;
  inferenceOutputLength(): number;
}

/** The precompile 0x…099a (docs/spec/tensor.md) outside a chain. Not re-entrant. Input up to 128 KiB. */
export function createTensorUnit(build: EngineBuild = "simd"): (input: Uint8Array, gas: bigint) => PrecompileOutcome {
  const { core, memory } = instantiateEngine<TensorExports>(build);
  return (input, gas) => {
    const at = core.inferenceInput(input.length);
    if (at === 0) throw new RangeError(`input of ${input.length} bytes is over the engine's 128 KiB`);
    new Uint8Array(memory.buffer).set(input, at);
    const status = core.tensorPrecompile(input.length, gas);
    const output = new Uint8Array(memory.buffer, core.inferenceOutput(), core.inferenceOutputLength()).slice();
    return { status, output, gasLeft: core.inferenceGasLeft() };
  };
}
