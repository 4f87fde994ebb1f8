/** Inference for the host: loading the model, and running it outside a transaction (tests, bench, off-chain use). */
import { decodingGas, readingGas } from "../infer/gas";
import { answerRoom, generate, generatedLength, generatedText, preparePrompt } from "../infer/generate";
import { allocateModel as allocate, defaultModel, hasModel } from "../infer/blob";
import { MAX_BLOB, isCallable } from "../infer/model";
import { forward, logits, nextToken, readTokens, tokens } from "../infer/decoder";
import { runInference } from "../infer/precompile";
import { plainRequest } from "../infer/request";
import { PRECOMPILE_GAS_LEFT, PRECOMPILE_OUTPUT, PRECOMPILE_OUTPUT_LEN } from "../precompiles/result";
import { reserve } from "../memory/heap";

export { loadModel } from "../infer/blob";
export { dismissTeam, formTeam, help } from "../infer/team";

/** Room for a blob of `length` bytes, 0 when it is over the limit of the format. */
export function allocateModel(length: u32): usize {
  return allocate(length, MAX_BLOB);
}

/** Address of the loaded model's 32-byte id, 0 when none is loaded. */
export function modelId(): usize {
  return hasModel() ? defaultModel().id : 0;
}

/** Whether the loaded model may be called from transactions. */
export function modelIsCallable(): bool {
  return hasModel() && isCallable(defaultModel());
}

const PROMPT_CAPACITY: u32 = 1 << 17;
let promptBuffer: usize = 0;

/** Room for `length` bytes of prompt or calldata, 0 when that is over 128 KiB. */
export function inferenceInput(length: u32): usize {
  if (length > PROMPT_CAPACITY) return 0;
  if (promptBuffer == 0) promptBuffer = reserve(PROMPT_CAPACITY);
  return promptBuffer;
}

/** Tokens generated for the prompt of `length` bytes in the input, 0 when no model is loaded or the prompt is too long. */
export function inferenceGenerate(length: u32, limit: u32): u32 {
  if (!hasModel() || length > PROMPT_CAPACITY || limit == 0) return 0;
  const model = defaultModel();
  const positions = preparePrompt(model, inferenceInput(0), length);
  if (positions == 0 || positions >= model.context) return 0;
  plainRequest(limit);
  return generate(model, positions, min(limit, answerRoom(model, positions, 64)));
}
export function inferenceText(): usize {
  return generatedText();
}
export function inferenceTextLength(): u32 {
  return generatedLength();
}

/** Runs one position and returns the next token; −1 for a token or position outside the model. */
export function inferenceForward(token: u32, position: u32): i32 {
  if (!hasModel()) return -1;
  const model = defaultModel();
  if (token >= model.vocab || position >= model.context) return -1;
  store<u32>(tokens(), token);
  forward(model, tokens(), 1, position);
  return <i32>nextToken(model);
}
/** Runs `count` tokens that stand in `inferenceTokens()` from position 0 on, many at a time; as `inferenceForward`. */
export function inferenceRead(count: u32): i32 {
  if (!hasModel() || count == 0 || count > defaultModel().context) return -1;
  const model = defaultModel();
  for (let i: u32 = 0; i < count; i++) if (load<u32>(tokens() + ((<usize>i) << 2)) >= model.vocab) return -1;
  readTokens(tokens(), count, model);
  return <i32>nextToken(model);
}
/** i32 Q16 [vocab] after `inferenceForward`. */
export function inferenceLogits(): usize {
  return logits();
}

/** Tokens of the templated prompt of `length` bytes in the input; more than the context leaves room for: too long. */
export function inferenceTokenize(length: u32): u32 {
  return hasModel() ? preparePrompt(defaultModel(), inferenceInput(0), length) : 0;
}
export function inferenceTokens(): usize {
  return tokens();
}

export function inferenceReadingGas(length: u32): u64 {
  return hasModel() ? readingGas(defaultModel(), length) : 0;
}
export function inferenceDecodingGas(positions: u32, steps: u32): u64 {
  return hasModel() ? decodingGas(defaultModel(), positions, steps, 0) : 0;
}

/** The precompile on calldata of `length` bytes in the input; returns the status of evm/status.ts. */
export function inferencePrecompile(length: u32, gas: i64): u32 {
  return runInference(inferenceInput(0), length, gas);
}
export function inferenceGasLeft(): i64 {
  return PRECOMPILE_GAS_LEFT;
}
export function inferenceOutput(): usize {
  return PRECOMPILE_OUTPUT;
}
export function inferenceOutputLength(): u32 {
  return PRECOMPILE_OUTPUT_LEN;
}
