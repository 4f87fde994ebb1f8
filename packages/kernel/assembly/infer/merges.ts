/**
 * The merging tokenizer (docs/spec/model.md, "Merges"): byte-level BPE and SentencePiece BPE in one rule. Characters become
 * tokens, then the pair of neighbours with the lowest rank, the leftmost among equals, becomes one token, until none can.
 * A heap of candidates keeps it at n log n for any text.
 */
import { reserve } from "../memory/heap";
import { Model } from "./model";
import { after, codePoint, wordEnd } from "./split";

/** Longest text that is looked at, in bytes. */
const MAX_TEXT: u32 = 1 << 17;
const NONE: u32 = 0xffffffff;

// Symbols of a word: u32 token, previous, next. A symbol that was merged away has token NONE.
const SYMBOL_SIZE: usize = 12;
let symbols: usize = 0;
let symbolCount: u32 = 0;
/** Candidates as u64 rank ‖ left symbol, a binary heap with the smallest on top. */
let heap: usize = 0;
let heapCount: u32 = 0;

/** As `encode` of tokenizer.ts. */
export function encodeMerged(model: Model, text: usize, length: u32, space: bool, out: usize, limit: u32): u32 {
  if (length > MAX_TEXT || <u64>length > <u64>limit * model.longestPiece) return limit + 1;
  if (symbols == 0) {
    symbols = reserve((<usize>MAX_TEXT + 1) * SYMBOL_SIZE);
    heap = reserve((<usize>MAX_TEXT + 1) * 24);
  }
  let count: u32 = 0;
  let at: u32 = 0;
  while (at < length && count <= limit) {
    symbolCount = 0;
    if (at == 0 && space) addCharacter(model, 0x20, 0, 0);
    const end = wordEnd(model, text, at, length);
    for (; at < end; at = after(text, at, end)) addCharacter(model, codePoint(text, at, end), text + at, after(text, at, end) - at);
    mergeAll(model);
    count = writeTokens(out, count, limit);
  }
  return count;
}

/** Adds the character's token, or those of its bytes when it has none. */
function addCharacter(model: Model, point: u32, bytes: usize, size: u32): void {
  const token = characterToken(model, point);
  if (token != NONE) return addSymbol(token);
  if (bytes == 0) return addSymbol(load<u32>(model.byteTokens + (<usize>point << 2)));
  for (let i: u32 = 0; i < size; i++) addSymbol(load<u32>(model.byteTokens + (<usize>load<u8>(bytes + i) << 2)));
}

function addSymbol(token: u32): void {
  const entry = symbol(symbolCount);
  store<u32>(entry, token);
  store<u32>(entry, symbolCount - 1, 4);
  store<u32>(entry, ++symbolCount, 8);
}

function characterToken(model: Model, point: u32): u32 {
  let low: u32 = 0;
  let high = model.characterCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = model.characters + (<usize>middle << 3);
    const found = load<u32>(entry);
    if (found == point) return load<u32>(entry, 4);
    if (found < point) low = middle + 1;
    else high = middle;
  }
  return NONE;
}

function mergeAll(model: Model): void {
  heapCount = 0;
  for (let i: u32 = 0; i + 1 < symbolCount; i++) propose(model, i);
  while (heapCount > 0) {
    const candidate = pop();
    const left = <u32>candidate;
    const rule = ruleAt(model, left);
    // The neighbours may have changed since the pair was proposed; a pair that replaced it stands for itself.
    if (rule == 0 || load<u32>(rule, 8) != <u32>(candidate >> 32)) continue;
    const right = load<u32>(symbol(left), 8);
    const next = load<u32>(symbol(right), 8);
    store<u32>(symbol(left), load<u32>(rule, 12));
    store<u32>(symbol(left), next, 8);
    store<u32>(symbol(right), NONE);
    if (next < symbolCount) store<u32>(symbol(next), left, 4);
    if (left > 0) propose(model, load<u32>(symbol(left), 4));
    propose(model, left);
  }
}

function writeTokens(out: usize, count: u32, limit: u32): u32 {
  for (let i: u32 = 0; i < symbolCount; i = load<u32>(symbol(i), 8)) {
    if (count == limit) return limit + 1;
    store<u32>(out + ((<usize>count) << 2), load<u32>(symbol(i)));
    count++;
  }
  return count;
}

function symbol(index: u32): usize {
  return symbols + <usize>index * SYMBOL_SIZE;
}

/** The merge of a symbol with the one after it, 0 when there is none. */
function ruleAt(model: Model, left: u32): usize {
  const entry = symbol(left);
  const next = load<u32>(entry, 8);
  if (load<u32>(entry) == NONE || next >= symbolCount) return 0;
  const pair = (<u64>load<u32>(entry) << 32) | load<u32>(symbol(next));
  let low: u32 = 0;
  let high = model.mergeCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    const rule = model.merges + (<usize>middle << 4);
    const found = (<u64>load<u32>(rule) << 32) | load<u32>(rule, 4);
    if (found == pair) return rule;
    if (found < pair) low = middle + 1;
    else high = middle;
  }
  return 0;
}

function propose(model: Model, left: u32): void {
  const rule = ruleAt(model, left);
  if (rule == 0) return;
  const candidate = (<u64>load<u32>(rule, 8) << 32) | left;
  let at = heapCount++;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = load<u64>(heap + (<usize>parent << 3));
    if (above <= candidate) break;
    store<u64>(heap + (<usize>at << 3), above);
    at = parent;
  }
  store<u64>(heap + (<usize>at << 3), candidate);
}

function pop(): u64 {
  const top = load<u64>(heap);
  const last = load<u64>(heap + ((<usize>(--heapCount)) << 3));
  let at: u32 = 0;
  while (true) {
    let child: u32 = 2 * at + 1;
    if (child >= heapCount) break;
    if (child + 1 < heapCount && load<u64>(heap + (<usize>(child + 1) << 3)) < load<u64>(heap + (<usize>child << 3))) child++;
    const below = load<u64>(heap + (<usize>child << 3));
    if (below >= last) break;
    store<u64>(heap + (<usize>at << 3), below);
    at = child;
  }
  store<u64>(heap + (<usize>at << 3), last);
  return top;
}
