/** Inference for the host: loading the model, and running it outside a transaction (tests, bench, off-chain use). */
import { decodingGas, readingGas } from "../infer/gas";
import {
  addModelTurn,
  addPlainPrompt,
  addText,
  addUserTurn,
  answerRoom,
  answerTokens,
  beginAnswer,
  beginPrompt,
  continueAnswer,
  finishReason,
  generate,
  generatedLength,
  generatedText,
  preparePrompt,
  reserveText,
} from "../infer/generate";
import { allocateModel as allocate, defaultModel, hasModel, loadModel as loadBlob, networkIn } from "../infer/blob";
import { MAX_BLOB, isCallable } from "../infer/model";
import { ARRAY, ARRAY_COUNT, STRING, STRING_LENGTH, loadArray, loadString } from "../infer/abi";
import { forward, logits, meanState, nextToken, readTokens, tokens } from "../infer/decoder";
import { imageBytes, runNetwork } from "../infer/network";
import { runInference } from "../infer/precompile";
import { isRequestValid, plainRequest, prepareSchema, readRequest, wantedTokens } from "../infer/request";
import { schemaPosition } from "../infer/schema";
import { PRECOMPILE_GAS_LEFT, PRECOMPILE_OUTPUT, PRECOMPILE_OUTPUT_LEN } from "../precompiles/result";
import { reserve } from "../memory/heap";
import { runTensor } from "../tensor/precompile";

export { beginEvidence, endEvidence, evidenceChains, evidencePasses } from "../infer/evidence";
export { dismissTeam, formTeam, help } from "../infer/team";

/** Room for a blob of `length` bytes, 0 when it is over the limit of the format. */
export function allocateModel(length: u32): usize {
  return allocate(length, MAX_BLOB, 0);
}

/** Validates the blob and makes it the engine's model. Returns a STATUS of infer/blob.ts. */
export function loadModel(blob: usize, length: u32): u32 {
  return loadBlob(blob, length, 0);
}

/** Address of the loaded model's 32-byte id, 0 when none is loaded. */
export function modelId(): usize {
  const network = networkIn(0);
  if (changetype<usize>(network) != 0) return network.id;
  return hasModel() ? defaultModel().id : 0;
}

/** Runs the loaded network on the image of `length` bytes in the input: i32 Q16 scores; 0 when there is none or another size. */
export function networkScores(length: u32): usize {
  const network = networkIn(0);
  if (changetype<usize>(network) == 0 || length != imageBytes(network)) return 0;
  runNetwork(network, inferenceInput(0));
  return network.scores;
}
/** Gas for one image of the loaded network, without its bytes. */
export function networkGas(): u64 {
  return changetype<usize>(networkIn(0)) == 0 ? 0 : networkIn(0).gas;
}

/** The tensor precompile on `length` bytes in the input; as `inferencePrecompile`. */
export function tensorPrecompile(length: u32, gas: i64): u32 {
  return runTensor(inferenceInput(0), length, gas);
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

// What `inferenceBegin` and `inferenceEmbed` answer instead of a number of tokens.
const NO_ROOM: i32 = -1;
const MALFORMED: i32 = -2;
const BAD_OPTIONS: i32 = -3;
const BAD_SCHEMA: i32 = -4;

/**
 * Begins the answer to a request without the limits of transactions: abi.encode(string[] turns, Options) of `length` bytes in
 * the input; the first turn as it is, without template, when `plain`.
 *
 * @returns tokens of the prompt, or why there is no answer
 */
export function inferenceBegin(length: u32, plain: bool): i32 {
  const args = inferenceInput(0);
  if (!hasModel() || length > PROMPT_CAPACITY || !loadArray(args, length, 0) || ARRAY_COUNT == 0) return MALFORMED;
  const turns = ARRAY, count = ARRAY_COUNT, rest = length - <u32>(ARRAY - args);
  if (!readRequest(args, length, 32)) return MALFORMED;
  if (!isRequestValid()) return BAD_OPTIONS;
  if (!prepareSchema()) return BAD_SCHEMA;
  const model = defaultModel();
  let positions: u32 = 0;
  beginPrompt();
  for (let i: u32 = 0; i < count; i++) {
    if (!loadString(turns, rest, i * 32)) return MALFORMED;
    if (plain) positions = addPlainPrompt(model, STRING, STRING_LENGTH);
    else if ((i & 1) == 0) positions = addUserTurn(model, STRING, STRING_LENGTH);
    else positions = addModelTurn(model, STRING, STRING_LENGTH);
  }
  if (positions == 0 || positions >= model.context) return NO_ROOM;
  const wanted = wantedTokens();
  const limit = answerRoom(model, positions, wanted == 0 ? model.context : wanted);
  reserveText(model.context * model.longestPiece);
  beginAnswer(model, positions, limit);
  return <i32>positions;
}
/** Place in the schema where reading it ended. */
export function inferenceSchemaPosition(): u32 {
  return schemaPosition();
}
/** Makes one choice of a token; false when the answer has ended with it. */
export function inferenceContinue(): bool {
  return hasModel() && continueAnswer(defaultModel());
}
export function inferenceAnswerTokens(): u32 {
  return answerTokens();
}
/** `Finish` of IInference.sol, once the answer has ended. */
export function inferenceFinish(): u32 {
  return finishReason();
}

/** Tokens of the text of `length` bytes in the input whose direction is now in `inferenceVector()`, or why it has none. */
export function inferenceEmbed(length: u32): i32 {
  if (!hasModel() || length > PROMPT_CAPACITY) return MALFORMED;
  const model = defaultModel();
  beginPrompt();
  const positions = addText(model, inferenceInput(0), length, model.leadingSpace);
  if (positions == 0 || positions >= model.context) return NO_ROOM;
  vector = meanState(model, tokens(), positions);
  return <i32>positions;
}
let vector: usize = 0;
/** i16 [dim] after `inferenceEmbed`. */
export function inferenceVector(): usize {
  return vector;
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
