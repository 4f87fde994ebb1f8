/** `complete` and `completeBatch` of IInference.sol: turns, sampling, stops and schemas. */
import { OUT_OF_GAS, SUCCESS } from "../evm/status";
import { reserve } from "../memory/heap";
import {
  ARRAY,
  ARRAY_COUNT,
  EMPTY_PROMPT,
  INVALID_BATCH,
  INVALID_CALLDATA,
  INVALID_OPTIONS,
  INVALID_SCHEMA,
  INVALID_TURNS,
  INVALID_UTF8,
  PROMPT_TOO_LONG,
  STRING,
  STRING_LENGTH,
  TOO_MANY_TOKENS,
  WORK_TOO_LARGE,
  encodeAnswer,
  encodeError,
  encodeError1,
  encodeError2,
  loadArray,
  loadString,
  output,
  storeString,
  storeWord,
} from "./abi";
import { pay, refuse, reserveGas, revert, succeed } from "./call";
import { MAX_MACS, calldataGas, decodingGas, decodingMacs, readingGas } from "./gas";
import {
  MAX_GENERATED,
  addModelTurn,
  addUserTurn,
  answerRoom,
  beginPrompt,
  finishReason,
  generate,
  generatedLength,
  generatedText,
} from "./generate";
import { CALLDATA, keep, recall, recalledGas, recalledLength } from "./memo";
import { Model } from "./model";
import {
  choosingQuarters,
  isRequestValid,
  prepareSchema,
  readRequest,
  requestBytes,
  wantedTokens,
} from "./request";
import { schemaPosition } from "./schema";
import { isUtf8 } from "./utf8";

const ARGUMENTS: u32 = 96;
const MAX_TURNS: u32 = 15;
const MAX_BATCH: u32 = 16;

// The array of texts of the call, and the bytes behind its head.
let texts: usize = 0;
let textsLength: u32 = 0;
let textCount: u32 = 0;
/** Most tokens per answer. */
let limit: u32 = 0;
/** u32 [MAX_BATCH]: choices made per answer. */
let counts: usize = 0;
/** Sums over the answers. */
let totalGas: u64 = 0;
let totalMacs: u64 = 0;

/** complete(bytes32 model, string[] turns, Options options) */
export function complete(model: Model, args: usize, length: u32): u32 {
  let status = readArguments(model, args, length, MAX_TURNS, INVALID_TURNS);
  if (status != SUCCESS) return status;
  if ((textCount & 1) == 0) return revert(encodeError1(INVALID_TURNS, textCount));
  status = checkTexts();
  if (status == SUCCESS) status = admit(model, 0, textCount);
  if (status == SUCCESS) status = reserveAll();
  if (status != SUCCESS) return status;
  if (recall(model, args - 4, length + 4, CALLDATA)) return repeat();
  const positions = readTurns(model, 0, textCount);
  const count = generate(model, positions, answerRoom(model, positions, limit));
  const size = encodeAnswer(generatedText(), generatedLength(), count, finishReason());
  return finish(decodingGas(model, positions + count - 1, count, choosingQuarters(model)), size);
}

/** completeBatch(bytes32 model, string[] prompts, Options options) */
export function completeBatch(model: Model, args: usize, length: u32): u32 {
  let status = readArguments(model, args, length, MAX_BATCH, INVALID_BATCH);
  if (status != SUCCESS) return status;
  if (textCount == 0) return revert(encodeError1(INVALID_BATCH, textCount));
  status = checkTexts();
  for (let i: u32 = 0; i < textCount && status == SUCCESS; i++) status = admit(model, i, 1);
  if (status == SUCCESS) status = reserveAll();
  if (status != SUCCESS) return status;
  if (recall(model, args - 4, length + 4, CALLDATA)) return repeat();
  return answerAll(model);
}

/** abi.encode(string[] texts, uint256[] tokens), an answer after the other. */
function answerAll(model: Model): u32 {
  if (counts == 0) counts = reserve(MAX_BATCH << 2);
  const heads = output() + 96;
  let at = heads + <usize>textCount * 32;
  let gas: u64 = 0;
  for (let i: u32 = 0; i < textCount; i++) {
    const positions = readTurns(model, i, 1);
    const count = generate(model, positions, answerRoom(model, positions, limit));
    gas += decodingGas(model, positions + count - 1, count, choosingQuarters(model));
    storeWord(heads + <usize>i * 32, at - heads);
    at += storeString(at, generatedText(), generatedLength());
    store<u32>(counts + (<usize>i << 2), count);
  }
  storeWord(output(), 64);
  storeWord(output() + 32, at - output());
  storeWord(output() + 64, textCount);
  storeWord(at, textCount);
  for (let i: u32 = 0; i < textCount; i++) storeWord(at + 32 + <usize>i * 32, load<u32>(counts + (<usize>i << 2)));
  return finish(gas, <u32>(at + 32 - output()) + textCount * 32);
}

/** Decodes the arguments and charges for reading them; more than `most` texts are refused with `tooMany`. */
function readArguments(model: Model, args: usize, length: u32, most: u32, tooMany: u32): u32 {
  if (length < ARGUMENTS || !loadArray(args, length, 32)) return refuse(encodeError(INVALID_CALLDATA));
  texts = ARRAY;
  textCount = ARRAY_COUNT;
  textsLength = length - <u32>(ARRAY - args);
  if (textCount > most) return refuse(encodeError1(tooMany, textCount));
  if (!readRequest(args, length, 64)) return refuse(encodeError(INVALID_CALLDATA));
  totalGas = totalMacs = 0;
  let bytes: u64 = requestBytes();
  for (let i: u32 = 0; i < textCount; i++) {
    if (!loadString(texts, textsLength, i * 32)) return refuse(encodeError(INVALID_CALLDATA));
    bytes += 32 + STRING_LENGTH;
  }
  // Texts are read twice: before the work is admitted, and when it is done.
  if (!pay(calldataGas(length) + readingGas(model, 2 * bytes))) return OUT_OF_GAS;
  const wanted = wantedTokens();
  if (wanted > MAX_GENERATED) return revert(encodeError2(TOO_MANY_TOKENS, wanted, MAX_GENERATED));
  limit = wanted == 0 ? MAX_GENERATED : wanted;
  if (!isRequestValid()) return revert(encodeError(INVALID_OPTIONS));
  return prepareSchema() ? SUCCESS : revert(encodeError1(INVALID_SCHEMA, schemaPosition()));
}

function checkTexts(): u32 {
  for (let i: u32 = 0; i < textCount; i++) {
    loadString(texts, textsLength, i * 32);
    if (STRING_LENGTH == 0) return revert(encodeError(EMPTY_PROMPT));
    if (!isUtf8(STRING, STRING_LENGTH)) return revert(encodeError(INVALID_UTF8));
  }
  return SUCCESS;
}

/** Tokens of `count` turns from text `first` on. */
function readTurns(model: Model, first: u32, count: u32): u32 {
  let positions: u32 = 0;
  beginPrompt();
  for (let i: u32 = 0; i < count; i++) {
    loadString(texts, textsLength, (first + i) * 32);
    positions = (i & 1) == 0 ? addUserTurn(model, STRING, STRING_LENGTH) : addModelTurn(model, STRING, STRING_LENGTH);
  }
  return positions;
}

/** Adds an answer to what the call may cost at most. */
function admit(model: Model, first: u32, count: u32): u32 {
  const positions = readTurns(model, first, count);
  if (positions >= model.context) return revert(encodeError2(PROMPT_TOO_LONG, positions, model.context - 1));
  const tokens = answerRoom(model, positions, limit);
  totalGas += decodingGas(model, positions + tokens - 1, tokens, choosingQuarters(model));
  totalMacs += decodingMacs(model, positions + tokens - 1, tokens);
  return totalMacs > MAX_MACS ? revert(encodeError2(WORK_TOO_LARGE, totalMacs, MAX_MACS)) : SUCCESS;
}

function reserveAll(): u32 {
  return reserveGas(totalGas);
}

function repeat(): u32 {
  pay(recalledGas());
  return succeed(recalledLength());
}

function finish(gas: u64, size: u32): u32 {
  pay(gas);
  keep(gas, size);
  return succeed(size);
}
