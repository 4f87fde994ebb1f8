import {
  type EngineBuild,
  type Examiner,
  examinePrecompile,
  instantiateEngine,
  loadInto,
  type PrecompileExports,
} from "./engine.ts";
import { type NetworkParts, networkDepth, networkShape } from "./network-blob.ts";

interface ClassifierExports extends PrecompileExports {
  networkScores(length: number): number;
  networkGas(): bigint;
  modelId(): number;
}

/** A network over images outside a chain, with the kernel's arithmetic. Not re-entrant. */
export interface Classifier extends Examiner {
  /** 32-byte root of the blob. */
  readonly id: Uint8Array;
  readonly shape: Omit<NetworkParts, "layers">;
  /** Gas for one image, without its bytes. */
  readonly gas: bigint;
  /** Scores in Q16 of u8 [height][width][channels]; `undefined` when the image has another size. */
  classify(image: Uint8Array): Int32Array | undefined;
}

/** Loads a blob of architecture 2. Throws `ModelError` when it is refused. */
export function createClassifier(blob: Uint8Array, build: EngineBuild = "simd"): Classifier {
  const { core, memory } = instantiateEngine<ClassifierExports>(build);
  loadInto(core, memory, blob);
  const shape = networkShape(blob);
  const layers = networkDepth(blob);
  const bytes = shape.height * shape.width * shape.channels;
  return {
    id: new Uint8Array(memory.buffer, core.modelId(), 32).slice(),
    shape,
    gas: core.networkGas(),
    classify(image) {
      const at = image.length === bytes ? core.inferenceInput(bytes) : 0;
      if (at === 0) return undefined;
      new Uint8Array(memory.buffer).set(image, at);
      return new Int32Array(memory.buffer, core.networkScores(bytes), shape.classes).slice();
    },
    examine: (calldata, gas) => examinePrecompile(core, memory, layers, calldata, gas),
  };
}
