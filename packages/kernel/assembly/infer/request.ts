/** How an answer is chosen, for the call in progress: `Options` of IInference.sol. */
import { loadArray, loadString, loadWord, ARRAY, ARRAY_COUNT, STRING, STRING_LENGTH } from "./abi";
import { wordCount } from "./copy";
import { Model } from "./model";
import { automatonSize, compileSchema, copiedStrings } from "./schema";
import { MAX_TEMPERATURE, MAX_TOP } from "./sampler";

const MAX_STOPS: u32 = 4;
const MAX_STOP: u32 = 32;
/** Words of the tuple's head. */
const HEAD: u32 = 6 * 32;

let maxTokens: u32 = 0;
let temperature: u32 = 0;
let top: u32 = 0;
let seed: usize = 0;
/** Array of strings as it stands in calldata, with the bytes behind its head. */
let stops: usize = 0;
let stopsLength: u32 = 0;
let stopCount: u32 = 0;
let schema: usize = 0;
let schemaLength: u32 = 0;

export function wantedTokens(): u32 {
  return maxTokens;
}
export function temperatureOf(): u32 {
  return temperature;
}
export function topOf(): u32 {
  return top;
}
export function seedOf(): usize {
  return seed;
}
export function hasSchema(): bool {
  return schemaLength != 0;
}

/** Greedy and free. */
export function plainRequest(wanted: u32): void {
  maxTokens = wanted;
  temperature = top = stopCount = schemaLength = 0;
}

/** Reads the tuple whose offset stands at `at` of the arguments; false when it is no encoding of one. */
export function readRequest(args: usize, length: u32, at: u32): bool {
  const offset = loadWord(args + at);
  if (offset > length || length - offset < HEAD) return false;
  const base = args + offset;
  const rest = length - offset;
  maxTokens = loadWord(base);
  temperature = loadWord(base + 32);
  top = loadWord(base + 64);
  seed = base + 96;
  if (!loadArray(base, rest, 128)) return false;
  stops = ARRAY;
  stopCount = ARRAY_COUNT;
  stopsLength = rest - <u32>(ARRAY - base);
  for (let i: u32 = 0; i < min(stopCount, MAX_STOPS); i++) if (!loadString(stops, stopsLength, i * 32)) return false;
  if (!loadString(base, rest, 160)) return false;
  schema = STRING;
  schemaLength = STRING_LENGTH;
  return true;
}

/** Bytes of the schema; stops are short. */
export function requestBytes(): u32 {
  return schemaLength + MAX_STOPS * MAX_STOP;
}

/** Whether temperature, top and stops are in their ranges. */
export function isRequestValid(): bool {
  if (temperature > MAX_TEMPERATURE || top > MAX_TOP || stopCount > MAX_STOPS) return false;
  for (let i: u32 = 0; i < stopCount; i++) {
    if (!loadString(stops, stopsLength, i * 32) || STRING_LENGTH == 0 || STRING_LENGTH > MAX_STOP) return false;
  }
  return true;
}

/** Compiles the schema, if there is one; false when it is not valid. */
export function prepareSchema(): bool {
  return schemaLength == 0 || compileSchema(schema, schemaLength);
}

/** Place of the first stop in the text, looking only where the last `added` bytes take part; `length` when there is none. */
export function findStop(text: usize, length: u32, added: u32): u32 {
  let found = length;
  for (let i: u32 = 0; i < stopCount; i++) {
    loadString(stops, stopsLength, i * 32);
    const before = length - added;
    let at = before >= STRING_LENGTH ? before - STRING_LENGTH + 1 : 0;
    for (; at + STRING_LENGTH <= length && at < found; at++) {
      if (memory.compare(text + at, STRING, STRING_LENGTH) == 0) found = at;
    }
  }
  return found;
}

/** Quarters of an instruction for one choice of a token after the prompt read last, beside finding the most likely one. */
export function choosingQuarters(model: Model): u64 {
  const drawing: u64 = temperature == 0 ? 0 : 780 * <u64>model.vocab;
  const bytes = <u64>load<u32>(model.pieceOffsets + (<usize>model.pieces << 2)) + model.vocab;
  return drawing + (schemaLength == 0 ? 0 : 80 * bytes * (automatonSize() + 2 * copiedStrings() * wordCount()));
}
