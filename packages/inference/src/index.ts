/** Models outside the chain: the blob format, the tokenizer, and the kernel's integer engine as a library. */

export { type Accuracy, measureAccuracy } from "./accuracy.ts";
export { type Classifier, createClassifier } from "./classifier.ts";
export { type NamedModel, nameModel, readDefaultModel, readShapesModel } from "./default-model.ts";
export { type DescribedCall, describeCall } from "./describe-call.ts";
export {
  type Answer,
  type AnswerStep,
  createEngine,
  type Engine,
  type EngineBuild,
  type Examiner,
  type Generation,
  type PrecompileOutcome,
} from "./engine.ts";
export { ModelError, type ModelErrorCode } from "./errors.ts";
export { type CallEvidence, differences, examineCall } from "./evidence.ts";
export { type FloatNetwork, floatActivations } from "./float-network.ts";
export { type ByteSource, bytesSource, type GgufFile, openFile, readGguf } from "./gguf/file.ts";
export { type ImportOptions, importGguf } from "./gguf/import.ts";
export { ggufReference } from "./gguf/reference.ts";
export {
  SYNTHETIC_SHAPES,
  type SyntheticOptions,
  type SyntheticShape,
  syntheticGguf,
  writeSyntheticGguf,
} from "./gguf/synthetic.ts";
export type { MergeTables } from "./merge-tables.ts";
export { decodeHeader, encodeModel, type ModelHeader, type ModelLayer, type ModelParts } from "./model-blob.ts";
export { encodeNetwork, isNetwork, type NetworkLayer, type NetworkParts, networkShape } from "./network-blob.ts";
export { importOnnx } from "./onnx/import.ts";
export { INFERENCE_ADDRESS } from "./precompile-abi.ts";
export { type QuantisedMatrix, quantiseMatrix, quantiseNorm } from "./quantise.ts";
export { quantiseNetwork } from "./quantise-network.ts";
export { type AnswerRequest, type Finish, RequestError, type RequestErrorCode } from "./request.ts";
export { ropeTable } from "./rope-table.ts";
export {
  InferenceService,
  type InferenceServiceOptions,
  type RunOptions,
  type ServedModel,
} from "./service/inference-service.ts";
export type { Completion, Embeddings } from "./service/protocol.ts";
export { ModelHasher, rootOf } from "./store/model-hasher.ts";
export { type BlobSource, ModelStore, type ModelStoreOptions } from "./store/model-store.ts";
export { createTensorUnit } from "./tensor.ts";
export { createTokenizer, type Tokenizer, type TokenizerOptions } from "./tokenizer.ts";
