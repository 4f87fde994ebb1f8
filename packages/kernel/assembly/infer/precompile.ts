/**
 * The precompile at 0x…0999 (docs/spec/inference.md, "Precompile"; contracts/ai/IInference.sol). Every outcome but
 * "not even enough gas to read the prompt" is a success or an ordinary revert with a typed reason.
 */
import { OUT_OF_GAS, REVERT, SUCCESS } from "../evm/status";
import { setGasLeft, setOutput } from "../precompiles/result";
import {
  DEFAULT_MODEL,
  EMPTY_PROMPT,
  GENERATE,
  INSUFFICIENT_GAS,
  INVALID_CALLDATA,
  INVALID_UTF8,
  PROMPT_TOO_LONG,
  QUOTE,
  STRING,
  STRING_LENGTH,
  TOO_MANY_TOKENS,
  UNKNOWN_MODEL,
  WORK_TOO_LARGE,
  encodeError,
  encodeError2,
  encodeErrorWord,
  encodeText,
  loadString,
  loadWord,
  output,
  storeWord,
} from "./abi";
import { defaultModel, hasModel } from "./blob";
import { MAX_MACS, decodingGas, decodingMacs, readingGas } from "./gas";
import { MAX_GENERATED, answerRoom, generate, generatedLength, generatedText, preparePrompt } from "./generate";
import { generateOnce } from "./memo";
import { Model } from "./model";
import { isUtf8 } from "./utf8";

/** Gas of a call that reads no prompt. */
const LOOKUP_GAS: i64 = 200;
const ARGUMENTS: u32 = 96;

let gasLeft: i64 = 0;
let asText: bool = false;

/**
 * Runs the precompile on `length` bytes at `input` with `gas` ≥ 0; gas left and output through precompiles/result.ts.
 *
 * @returns SUCCESS, REVERT, or OUT_OF_GAS when `gas` does not cover reading the input
 */
export function runInference(input: usize, length: u32, gas: i64): u32 {
  gasLeft = gas;
  const status = dispatch(input, length);
  setGasLeft(status == OUT_OF_GAS ? 0 : gasLeft);
  if (status == OUT_OF_GAS) setOutput(0, 0);
  return status;
}

function dispatch(input: usize, length: u32): u32 {
  const selector = length < 4 ? 0 : load<u32>(input);
  const known = length >= 4 && (selector == GENERATE || selector == QUOTE || selector == DEFAULT_MODEL);
  if (!hasModel() || (known && selector == DEFAULT_MODEL)) {
    if (gasLeft < LOOKUP_GAS) return OUT_OF_GAS;
    gasLeft -= LOOKUP_GAS;
    return hasModel() ? nameDefault() : revertUnknown(0);
  }
  asText = !known;
  if (!known) return answer(defaultModel(), input, length, MAX_GENERATED);
  return withArguments(input + 4, length - 4, selector == QUOTE);
}

function nameDefault(): u32 {
  memory.copy(output(), defaultModel().id, 32);
  setOutput(output(), 32);
  return SUCCESS;
}

/** generate and quote (bytes32 model, string prompt, uint256 maxTokens). */
function withArguments(args: usize, length: u32, quoteOnly: bool): u32 {
  if (gasLeft < LOOKUP_GAS) return OUT_OF_GAS;
  if (length < ARGUMENTS || !loadString(args, length, 32)) {
    gasLeft -= LOOKUP_GAS;
    return revert(encodeError(INVALID_CALLDATA));
  }
  const model = defaultModel();
  if (!isZeroWord(args) && memory.compare(args, model.id, 32) != 0) {
    gasLeft -= LOOKUP_GAS;
    return revertUnknown(args);
  }
  const wanted = loadWord(args + 64);
  if (wanted > MAX_GENERATED) {
    gasLeft -= LOOKUP_GAS;
    return revert(encodeError2(TOO_MANY_TOKENS, wanted, MAX_GENERATED));
  }
  const limit = wanted == 0 ? MAX_GENERATED : wanted;
  return quoteOnly ? quote(model, STRING, STRING_LENGTH, limit) : answer(model, STRING, STRING_LENGTH, limit);
}

/** Gas that `generate` needs to be given for these arguments. */
function quote(model: Model, text: usize, length: u32, wanted: u32): u32 {
  const status = admit(model, text, length, wanted);
  if (status != SUCCESS) return status;
  storeWord(
    output(),
    readingGas(model, length) + decodingGas(model, admittedPositions + admittedTokens - 1, admittedTokens),
  );
  setOutput(output(), 32);
  return SUCCESS;
}

function answer(model: Model, text: usize, length: u32, wanted: u32): u32 {
  const status = admit(model, text, length, wanted);
  if (status != SUCCESS) return status;
  const positions = admittedPositions;
  const reserved = decodingGas(model, positions + admittedTokens - 1, admittedTokens);
  if (reserved > <u64>gasLeft) return revert(encodeError2(INSUFFICIENT_GAS, reserved, gasLeft));
  let count: u32;
  if (GUEST) count = generate(model, positions, admittedTokens);
  else count = generateOnce(model, text, length, positions, admittedTokens);
  gasLeft -= <i64>decodingGas(model, positions + count - 1, count);
  if (asText) setOutput(generatedText(), generatedLength());
  else setOutput(output(), encodeText(generatedText(), generatedLength(), count));
  return SUCCESS;
}

let admittedPositions: u32 = 0;
let admittedTokens: u32 = 0;

/** Charges for reading the prompt, reads it, and applies the limits; on SUCCESS the two results are in `admitted…`. */
function admit(model: Model, text: usize, length: u32, wanted: u32): u32 {
  const reading = readingGas(model, length);
  if (reading > <u64>gasLeft) return OUT_OF_GAS;
  gasLeft -= <i64>reading;
  if (length == 0) return revert(encodeError(EMPTY_PROMPT));
  if (!isUtf8(text, length)) return revert(encodeError(INVALID_UTF8));
  const positions = preparePrompt(model, text, length);
  if (positions >= model.context) return revert(encodeError2(PROMPT_TOO_LONG, positions, model.context - 1));
  admittedPositions = positions;
  admittedTokens = answerRoom(model, positions, wanted);
  const macs = decodingMacs(model, positions + admittedTokens - 1, admittedTokens);
  return macs > MAX_MACS ? revert(encodeError2(WORK_TOO_LARGE, macs, MAX_MACS)) : SUCCESS;
}

function revert(length: u32): u32 {
  setOutput(output(), length);
  return REVERT;
}

function revertUnknown(model: usize): u32 {
  if (model != 0) return revert(encodeErrorWord(UNKNOWN_MODEL, model));
  memory.fill(output() + 4, 0, 32);
  return revert(encodeErrorWord(UNKNOWN_MODEL, output() + 4));
}

function isZeroWord(at: usize): bool {
  return (load<u64>(at) | load<u64>(at, 8) | load<u64>(at, 16) | load<u64>(at, 24)) == 0;
}
