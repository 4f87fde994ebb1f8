/** `classify` and `embed` of IInference.sol: what a model thinks of a text, without generating. */
import { OUT_OF_GAS, SUCCESS } from "../evm/status";
import { reserve } from "../memory/heap";
import {
  ARRAY,
  ARRAY_COUNT,
  EMPTY_PROMPT,
  INVALID_CALLDATA,
  INVALID_LABELS,
  INVALID_UTF8,
  PROMPT_TOO_LONG,
  STRING,
  STRING_LENGTH,
  WORK_TOO_LARGE,
  encodeError,
  encodeError1,
  encodeError2,
  loadArray,
  loadString,
  output,
  storeSigned,
  storeWord,
} from "./abi";
import { pay, refuse, reserveGas, revert, succeed } from "./call";
import { readTokens, tokens, meanState } from "./decoder";
import { MAX_MACS, calldataGas, decodingGas, decodingMacs, readingGas } from "./gas";
import { addText, beginPrompt, preparePrompt } from "./generate";
import { sequenceLikelihood } from "./likelihood";
import { CALLDATA, keep, recall, recalledLength } from "./memo";
import { Model } from "./model";
import { encode } from "./tokenizer";
import { isUtf8 } from "./utf8";

const MAX_LABELS: u32 = 16;

let labels: usize = 0;
let labelsLength: u32 = 0;
let labelCount: u32 = 0;
/** i64 [MAX_LABELS] */
let scores: usize = 0;

/** classify(bytes32 model, string input, string[] labels) */
export function classify(model: Model, args: usize, length: u32): u32 {
  if (length < 96 || !loadArray(args, length, 64)) return refuse(encodeError(INVALID_CALLDATA));
  labels = ARRAY;
  labelCount = ARRAY_COUNT;
  labelsLength = length - <u32>(ARRAY - args);
  if (labelCount == 0 || labelCount > MAX_LABELS) return refuse(encodeError1(INVALID_LABELS, labelCount));
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < labelCount; i++) {
    if (!loadString(labels, labelsLength, i * 32)) return refuse(encodeError(INVALID_CALLDATA));
    bytes += 32 + STRING_LENGTH;
  }
  if (!loadString(args, length, 32)) return refuse(encodeError(INVALID_CALLDATA));
  const text = STRING, size = STRING_LENGTH;
  if (!pay(calldataGas(length) + readingGas(model, 2 * (bytes + size)))) return OUT_OF_GAS;
  let status = checkText(text, size);
  for (let i: u32 = 0; i < labelCount && status == SUCCESS; i++) {
    loadString(labels, labelsLength, i * 32);
    if (STRING_LENGTH == 0) status = revert(encodeError1(INVALID_LABELS, labelCount));
    else status = checkText(STRING, STRING_LENGTH);
  }
  if (status != SUCCESS) return status;
  const positions = preparePrompt(model, text, size);
  if (positions >= model.context) return revert(encodeError2(PROMPT_TOO_LONG, positions, model.context - 1));
  return compare(model, positions, args, length);
}

/** Likelihoods of the labels behind a prompt of `positions` tokens. */
function compare(model: Model, positions: u32, args: usize, length: u32): u32 {
  let steps: u32 = 0;
  for (let i: u32 = 0; i < labelCount; i++) {
    const count = labelTokens(model, i, positions);
    if (positions + count > model.context) {
      return revert(encodeError2(PROMPT_TOO_LONG, positions + count, model.context));
    }
    steps += count;
  }
  // Every label but the first runs the prompt's last token again; its own last token is not run.
  const passes = positions + steps - 1;
  const macs = decodingMacs(model, passes, steps);
  if (macs > MAX_MACS) return revert(encodeError2(WORK_TOO_LARGE, macs, MAX_MACS));
  const gas = decodingGas(model, passes, steps, 0);
  const status = reserveGas(gas);
  if (status != SUCCESS) return status;
  pay(gas);
  if (recall(model, args - 4, length + 4, CALLDATA)) return succeed(recalledLength());
  if (scores == 0) scores = reserve(MAX_LABELS << 3);
  for (let i: u32 = 0; i < labelCount; i++) {
    const count = labelTokens(model, i, positions);
    readTokens(tokens(), positions, model);
    const list = tokens() + ((<usize>positions) << 2);
    store<i64>(scores + (<usize>i << 3), sequenceLikelihood(model, list, count, positions));
  }
  const size = encodeScores();
  keep(gas, size);
  return succeed(size);
}

/** Writes the tokens of a label behind the prompt; returns their number, too many for the context if they do not fit. */
function labelTokens(model: Model, index: u32, positions: u32): u32 {
  loadString(labels, labelsLength, index * 32);
  const list = tokens() + ((<usize>positions) << 2);
  return encode(model, STRING, STRING_LENGTH, false, list, model.context - positions);
}

/** abi.encode(uint256 best, int256[] scores); returns its length. */
function encodeScores(): u32 {
  let best: u32 = 0;
  for (let i: u32 = 0; i < labelCount; i++) {
    const score = load<i64>(scores + (<usize>i << 3));
    if (score > load<i64>(scores + (<usize>best << 3))) best = i;
    storeSigned(output() + 96 + <usize>i * 32, score);
  }
  storeWord(output(), best);
  storeWord(output() + 32, 64);
  storeWord(output() + 64, labelCount);
  return 96 + labelCount * 32;
}

/** embed(bytes32 model, string text) */
export function embed(model: Model, args: usize, length: u32): u32 {
  if (!loadString(args, length, 32)) return refuse(encodeError(INVALID_CALLDATA));
  if (!pay(calldataGas(length) + readingGas(model, STRING_LENGTH))) return OUT_OF_GAS;
  let status = checkText(STRING, STRING_LENGTH);
  if (status != SUCCESS) return status;
  beginPrompt();
  const positions = addText(model, STRING, STRING_LENGTH, model.leadingSpace);
  if (positions >= model.context) return revert(encodeError2(PROMPT_TOO_LONG, positions, model.context - 1));
  const macs = decodingMacs(model, positions, 0);
  if (macs > MAX_MACS) return revert(encodeError2(WORK_TOO_LARGE, macs, MAX_MACS));
  const gas = decodingGas(model, positions, 0, 0);
  status = reserveGas(gas);
  if (status != SUCCESS) return status;
  pay(gas);
  if (recall(model, args - 4, length + 4, CALLDATA)) return succeed(recalledLength());
  const vector = meanState(model, tokens(), positions);
  storeWord(output(), 32);
  storeWord(output() + 32, model.dim);
  for (let i: usize = 0; i < <usize>model.dim; i++) storeSigned(output() + 64 + (i << 5), load<i16>(vector + (i << 1)));
  const size = 64 + model.dim * 32;
  keep(gas, size);
  return succeed(size);
}

function checkText(text: usize, length: u32): u32 {
  if (length == 0) return revert(encodeError(EMPTY_PROMPT));
  return isUtf8(text, length) ? SUCCESS : revert(encodeError(INVALID_UTF8));
}
