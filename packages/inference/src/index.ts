/** Models outside the chain: the blob format, the tokenizer, and the kernel's integer engine as a library. */

export { type NamedModel, nameModel, readDefaultModel } from "./default-model.ts";
export {
  createEngine,
  type Engine,
  type EngineBuild,
  type Generation,
  type PrecompileOutcome,
} from "./engine.ts";
export { ModelError, type ModelErrorCode } from "./errors.ts";
export { decodeHeader, encodeModel, type ModelHeader, type ModelLayer, type ModelParts } from "./model-blob.ts";
export { type QuantisedMatrix, quantiseMatrix, quantiseNorm } from "./quantise.ts";
export { ropeTable } from "./rope-table.ts";
export { createTokenizer, type Tokenizer, type TokenizerOptions } from "./tokenizer.ts";
