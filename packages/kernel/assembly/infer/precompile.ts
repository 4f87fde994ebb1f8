/**
 * The precompile at 0x…0999 (docs/spec/inference.md, "Precompile"; contracts/ai/IInference.sol). Every outcome but
 * "not even enough gas to read the prompt" is a success or an ordinary revert with a typed reason.
 */
import { OUT_OF_GAS, SUCCESS } from "../evm/status";
import {
  CLASSIFY,
  CLASSIFY_IMAGE,
  COMPLETE,
  COMPLETE_BATCH,
  DEFAULT_MODEL,
  EMBED,
  EMPTY_PROMPT,
  GENERATE,
  INVALID_CALLDATA,
  INVALID_UTF8,
  PROMPT_TOO_LONG,
  QUOTE,
  STRING,
  STRING_LENGTH,
  TOO_MANY_TOKENS,
  WORK_TOO_LARGE,
  encodeError,
  encodeError2,
  encodeText,
  loadString,
  loadWord,
  output,
  storeWord,
} from "./abi";
import { defaultModel, hasModel } from "./blob";
import { REGISTRY_GAS, chooseModel, isDefault, payRegistry, refuseUnknown } from "./choice";
import { switchTo } from "./decoder";
import { LOOKUP_GAS, beginCall, endCall, pay, refuse, reserveGas, revert, succeed } from "./call";
import { classify, embed } from "./describe";
import { complete, completeBatch } from "./complete";
import { MAX_MACS, decodingGas, decodingMacs, readingGas } from "./gas";
import { MAX_GENERATED, answerRoom, generate, generatedLength, generatedText, preparePrompt } from "./generate";
import { classifyImage } from "./image";
import { keep, recall, recalledGas, recalledLength } from "./memo";
import { Model } from "./model";
import { plainRequest } from "./request";
import { isUtf8 } from "./utf8";

/** Words of arguments of generate and quote. */
const ARGUMENTS: u32 = 96;

let asText: bool = false;

/**
 * Runs the precompile on `length` bytes at `input` with `gas` ≥ 0; gas left and output through precompiles/result.ts.
 *
 * @returns SUCCESS, REVERT, or OUT_OF_GAS when `gas` does not cover reading the input
 */
export function runInference(input: usize, length: u32, gas: i64): u32 {
  beginCall(gas);
  return endCall(dispatch(input, length));
}

function dispatch(input: usize, length: u32): u32 {
  const selector = length < 4 ? 0 : load<u32>(input);
  if (selector == CLASSIFY_IMAGE) return classifyImage(input + 4, length - 4);
  if (!hasModel()) return refuseUnknown(0);
  if (selector == DEFAULT_MODEL) return nameDefault();
  if (selector == GENERATE || selector == QUOTE) return withArguments(input + 4, length - 4, selector == QUOTE);
  if (selector == COMPLETE || selector == COMPLETE_BATCH || selector == CLASSIFY || selector == EMBED) {
    return withModel(selector, input + 4, length - 4);
  }
  asText = true;
  switchTo(defaultModel());
  return answer(defaultModel(), input, length, MAX_GENERATED);
}

function nameDefault(): u32 {
  if (!pay(LOOKUP_GAS)) return OUT_OF_GAS;
  memory.copy(output(), defaultModel().id, 32);
  return succeed(32);
}

/** The forms whose first argument is a model and whose second is dynamic. */
function withModel(selector: u32, args: usize, length: u32): u32 {
  if (length < 64) return refuse(encodeError(INVALID_CALLDATA));
  if (!payRegistry(args)) return OUT_OF_GAS;
  const model = chooseModel(args);
  if (changetype<usize>(model) == 0) return refuseUnknown(args);
  if (selector == COMPLETE) return complete(model, args, length);
  if (selector == COMPLETE_BATCH) return completeBatch(model, args, length);
  return selector == CLASSIFY ? classify(model, args, length) : embed(model, args, length);
}

/** generate and quote (bytes32 model, string prompt, uint256 maxTokens). */
function withArguments(args: usize, length: u32, quoteOnly: bool): u32 {
  if (length < ARGUMENTS || !loadString(args, length, 32)) return refuse(encodeError(INVALID_CALLDATA));
  if (!payRegistry(args)) return OUT_OF_GAS;
  const model = chooseModel(args);
  if (changetype<usize>(model) == 0) return refuseUnknown(args);
  const wanted = loadWord(args + 64);
  if (wanted > MAX_GENERATED) return refuse(encodeError2(TOO_MANY_TOKENS, wanted, MAX_GENERATED));
  const limit = wanted == 0 ? MAX_GENERATED : wanted;
  asText = false;
  if (quoteOnly) quotedRegistry = isDefault(args) ? 0 : REGISTRY_GAS;
  return quoteOnly ? quote(model, STRING, STRING_LENGTH, limit) : answer(model, STRING, STRING_LENGTH, limit);
}

let quotedRegistry: u64 = 0;

/** Gas that `generate` needs to be given for these arguments. */
function quote(model: Model, text: usize, length: u32, wanted: u32): u32 {
  const status = admit(model, text, length, wanted);
  if (status != SUCCESS) return status;
  storeWord(
    output(),
    quotedRegistry + readingGas(model, length) + decodingGas(model, admittedPositions + admittedTokens - 1, admittedTokens, 0),
  );
  return succeed(32);
}

function answer(model: Model, text: usize, length: u32, wanted: u32): u32 {
  plainRequest(wanted);
  let status = admit(model, text, length, wanted);
  if (status != SUCCESS) return status;
  const positions = admittedPositions;
  status = reserveGas(decodingGas(model, positions + admittedTokens - 1, admittedTokens, 0));
  if (status != SUCCESS) return status;
  if (recall(model, text, length, <u64>admittedTokens | (<u64>asText << 32))) {
    pay(recalledGas());
    return succeed(recalledLength());
  }
  const count = generate(model, positions, admittedTokens);
  const gas = decodingGas(model, positions + count - 1, count, 0);
  pay(gas);
  if (asText) memory.copy(output(), generatedText(), generatedLength());
  const size = asText ? generatedLength() : encodeText(generatedText(), generatedLength(), count);
  keep(gas, size);
  return succeed(size);
}

let admittedPositions: u32 = 0;
let admittedTokens: u32 = 0;

/** Charges for reading the prompt, reads it, and applies the limits; on SUCCESS the two results are in `admitted…`. */
function admit(model: Model, text: usize, length: u32, wanted: u32): u32 {
  if (!pay(readingGas(model, length))) return OUT_OF_GAS;
  if (length == 0) return revert(encodeError(EMPTY_PROMPT));
  if (!isUtf8(text, length)) return revert(encodeError(INVALID_UTF8));
  const positions = preparePrompt(model, text, length);
  if (positions >= model.context) return revert(encodeError2(PROMPT_TOO_LONG, positions, model.context - 1));
  admittedPositions = positions;
  admittedTokens = answerRoom(model, positions, wanted);
  const macs = decodingMacs(model, positions + admittedTokens - 1, admittedTokens);
  return macs > MAX_MACS ? revert(encodeError2(WORK_TOO_LARGE, macs, MAX_MACS)) : SUCCESS;
}
