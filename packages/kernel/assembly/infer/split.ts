/**
 * Splitting text into words before merging (docs/spec/model.md, "Words"). The classes of code points come from the blob,
 * so that no node depends on a version of Unicode.
 */
import { Model } from "./model";

const LETTER: u32 = 1;
const NUMBER: u32 = 2;
const SPACE: u32 = 3;

/** Values of `Model.splitter` beside 0, the text as one word. */
const GPT2: u32 = 1;
const LLAMA3: u32 = 2;
/** As GPT2, with every number character a word of its own. */
const DIGITS: u32 = 3;

const APOSTROPHE: u32 = 0x27;

/** End of the word that begins at `at` < `end` of the text. */
export function wordEnd(model: Model, text: usize, at: u32, end: u32): u32 {
  if (model.splitter == GPT2) return gpt2Word(model, text, at, end);
  if (model.splitter == LLAMA3) return llama3Word(model, text, at, end);
  if (model.splitter != DIGITS) return end;
  if (classAt(model, text, at, end) == NUMBER) return after(text, at, end);
  let stop = at;
  while (stop < end && classAt(model, text, stop, end) != NUMBER) stop = after(text, stop, end);
  return gpt2Word(model, text, at, stop);
}

/** 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ */
function gpt2Word(model: Model, text: usize, at: u32, end: u32): u32 {
  const short = contraction(text, at, end, false);
  if (short != 0) return at + short;
  const start = at + (load<u8>(text + at) == 0x20 ? 1 : 0);
  const kind = classAt(model, text, start, end);
  return kind == SPACE ? spaces(model, text, at, end) : runOf(model, text, start, end, kind);
}

/** As GPT-2 with any case, a leading non-letter before letters, numbers in threes, newlines kept together. */
function llama3Word(model: Model, text: usize, at: u32, end: u32): u32 {
  const short = contraction(text, at, end, true);
  if (short != 0) return at + short;
  const kind = classAt(model, text, at, end);
  if (kind == LETTER) return runOf(model, text, at, end, LETTER);
  const next = after(text, at, end);
  if (kind != NUMBER && !isNewline(text, at) && classAt(model, text, next, end) == LETTER) {
    return runOf(model, text, next, end, LETTER);
  }
  if (kind == NUMBER) {
    let stop = next;
    for (let i = 1; i < 3 && classAt(model, text, stop, end) == NUMBER; i++) stop = after(text, stop, end);
    return stop;
  }
  const start = at + (load<u8>(text + at) == 0x20 ? 1 : 0);
  if (start < end && classAt(model, text, start, end) == 0) {
    let stop = runOf(model, text, start, end, 0);
    while (stop < end && isNewline(text, stop)) stop++;
    return stop;
  }
  const line = lastNewline(model, text, at, end);
  return line != at ? line : spaces(model, text, at, end);
}

/** Length of an English contraction at `at`, 0 when there is none. */
function contraction(text: usize, at: u32, end: u32, anyCase: bool): u32 {
  if (load<u8>(text + at) != APOSTROPHE || end - at < 2) return 0;
  const fold: u32 = anyCase ? 0x20 : 0;
  const a = <u32>load<u8>(text + at, 1) | fold;
  if (a == 0x73 || a == 0x74 || a == 0x6d || a == 0x64) return 2;
  if (end - at < 3) return 0;
  const b = <u32>load<u8>(text + at, 2) | fold;
  return (a == 0x72 && b == 0x65) || (a == 0x76 && b == 0x65) || (a == 0x6c && b == 0x6c) ? 3 : 0;
}

/** End of a run of white space; a space before a word is left to the word. */
function spaces(model: Model, text: usize, at: u32, end: u32): u32 {
  let last = at;
  let stop = after(text, at, end);
  while (stop < end && classAt(model, text, stop, end) == SPACE) {
    last = stop;
    stop = after(text, stop, end);
  }
  return stop == end || last == at ? stop : last;
}

/** Just behind the last newline of a run of white space; `at` when it has none. */
function lastNewline(model: Model, text: usize, at: u32, end: u32): u32 {
  let found = at;
  for (let stop = at; stop < end && classAt(model, text, stop, end) == SPACE; stop = after(text, stop, end)) {
    if (isNewline(text, stop)) found = stop + 1;
  }
  return found;
}

function runOf(model: Model, text: usize, at: u32, end: u32, kind: u32): u32 {
  while (at < end && classAt(model, text, at, end) == kind) at = after(text, at, end);
  return at;
}

function isNewline(text: usize, at: u32): bool {
  const byte = load<u8>(text + at);
  return byte == 0x0a || byte == 0x0d;
}

/** Class of the character at `at`; white space beyond the end. */
function classAt(model: Model, text: usize, at: u32, end: u32): u32 {
  if (at >= end) return SPACE;
  const point = codePoint(text, at, end);
  let low: u32 = 0;
  let high = model.rangeCount;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (load<u32>(model.ranges + (<usize>middle << 2)) >> 2 <= point) low = middle;
    else high = middle;
  }
  return load<u32>(model.ranges + (<usize>low << 2)) & 3;
}

/** Place of the next character; a byte that begins none counts as one. */
export function after(text: usize, at: u32, end: u32): u32 {
  const first = <u32>load<u8>(text + at);
  const size: u32 = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return min(at + size, end);
}

/** Code point of well-formed UTF-8; of anything else some number, the same everywhere. */
export function codePoint(text: usize, at: u32, end: u32): u32 {
  const first = <u32>load<u8>(text + at);
  const size = after(text, at, end) - at;
  let point = size == 1 ? first : first & (0x7f >> size);
  for (let i: u32 = 1; i < size; i++) point = (point << 6) | (load<u8>(text + at + i) & 0x3f);
  return point;
}
