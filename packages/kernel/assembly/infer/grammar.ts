/** Which tokens may follow: the automaton of a schema run over the texts of tokens. */
import { reserve } from "../memory/heap";
import { MAX_WORDS, copies, endsWord, wordAt, wordCount } from "./copy";
import { Model } from "./model";
import { ACCEPT, BYTES, COPY, FORK, MAX_COPIES, MAX_NODES, automatonSize, nodeAt } from "./schema";

/** What a token that does not fit is given. */
export const FORBIDDEN: i32 = i32.MIN_VALUE;

/** Entries of a set: the node, and above it the place in the prompt of a copy that has begun. */
const NODE_BITS: u32 = 11;
const NODE_MASK: u32 = MAX_NODES - 1;
/** Every node, and every copy at one place for each word that it may have begun with. */
const MAX_ENTRIES: u32 = MAX_NODES + MAX_COPIES * MAX_WORDS;

// Sets of nodes as lists of u32, closed under forks: the current one, and two that take turns while a token is tried.
let current: usize = 0;
let currentCount: u32 = 0;
let first: usize = 0;
let second: usize = 0;
/** u32 per node: the mark of the set that it was last added to. */
let marks: usize = 0;
let mark: u32 = 0;
/** Nodes to be looked at, of a closure. */
let stack: usize = 0;
let count: u32 = 0;

/** Before the first byte of an answer. */
export function beginGrammar(): void {
  if (current == 0) {
    const bytes = (<usize>MAX_NODES) << 2;
    current = reserve((<usize>MAX_ENTRIES) << 2);
    first = reserve((<usize>MAX_ENTRIES) << 2);
    second = reserve((<usize>MAX_ENTRIES) << 2);
    marks = reserve(bytes);
    stack = reserve(bytes * 2);
  }
  memory.fill(marks, 0, (<usize>MAX_NODES) << 2);
  mark = 1;
  count = 0;
  include(current, 0);
  currentCount = count;
}

/** Whether the answer may end here. */
export function isComplete(): bool {
  for (let i: u32 = 0; i < currentCount; i++) if (kindOf(load<u32>(current + (<usize>i << 2))) == ACCEPT) return true;
  return false;
}

/** Whether it must. */
export function isFinal(): bool {
  for (let i: u32 = 0; i < currentCount; i++) if (kindOf(load<u32>(current + (<usize>i << 2))) != ACCEPT) return false;
  return true;
}

/** Forbids, in i32 [vocab], all tokens whose text does not fit; those that end the answer fit where it may end. */
export function maskTokens(model: Model, logits: usize): void {
  const mayEnd = isComplete();
  for (let token: u32 = 0; token < model.vocab; token++) {
    const ends = token == model.end || token == model.endOfTurn;
    if (ends ? !mayEnd : run(model, token) == 0) store<i32>(logits + (<usize>token << 2), FORBIDDEN);
  }
}

/** Goes on behind the token's text, which must fit. */
export function advance(model: Model, token: u32): void {
  const reached = run(model, token);
  if (reached == 0) return;
  memory.copy(current, reached, <usize>count << 2);
  currentCount = count;
}

/** The set behind the token's text, of `count` nodes; 0 when there is none or the token has no text. */
function run(model: Model, token: u32): usize {
  const piece = token - model.controls;
  if (token < model.controls || piece >= model.pieces) return 0;
  const offset = model.pieceOffsets + (<usize>piece << 2);
  let at = model.pieceBytes + load<u32>(offset);
  const end = model.pieceBytes + load<u32>(offset, 4);
  let from = current;
  let fromCount = currentCount;
  for (; at < end; at++) {
    const into = from == first ? second : first;
    step(from, fromCount, into, load<u8>(at));
    if (count == 0) return 0;
    from = into;
    fromCount = count;
  }
  return from == current ? 0 : from;
}

function step(from: usize, fromCount: u32, into: usize, byte: u32): void {
  mark++;
  count = 0;
  for (let i: u32 = 0; i < fromCount; i++) {
    const entry = load<u32>(from + (<usize>i << 2));
    const node = nodeAt(entry & NODE_MASK);
    const edge = load<u32>(node);
    if (edge >> 16 == BYTES && byte >= (edge & 0xff) && byte <= ((edge >> 8) & 0xff)) include(into, load<u32>(node, 4));
    else if (edge >> 16 == COPY) stepCopy(entry, into, byte);
  }
}

/** A copy begins with any word of the prompt, goes on as the prompt does, and may end where a word ends. */
function stepCopy(entry: u32, into: usize, byte: u32): void {
  const place = entry >> NODE_BITS;
  if (place == 0) {
    for (let i: u32 = 0; i < wordCount(); i++) follow(entry, into, wordAt(i), byte);
  } else follow(entry & NODE_MASK, into, place, byte);
}
function follow(node: u32, into: usize, at: u32, byte: u32): void {
  if (!copies(at, byte)) return;
  store<u32>(into + (<usize>count << 2), node | ((at + 1) << NODE_BITS));
  count++;
  if (endsWord(at + 1)) include(into, load<u32>(nodeAt(node), 4));
}

/** Adds a node, or what its forks lead to, to the set under construction. */
function include(into: usize, index: u32): void {
  let depth: u32 = 1;
  store<u32>(stack, index);
  while (depth > 0) {
    const next = load<u32>(stack + (<usize>(--depth) << 2));
    if (next >= automatonSize() || load<u32>(marks + (<usize>next << 2)) == mark) continue;
    store<u32>(marks + (<usize>next << 2), mark);
    if (kindOf(next) != FORK) {
      store<u32>(into + (<usize>count << 2), next);
      count++;
      continue;
    }
    store<u32>(stack + (<usize>depth << 2), load<u32>(nodeAt(next), 8));
    store<u32>(stack + (<usize>(depth + 1) << 2), load<u32>(nodeAt(next), 4));
    depth += 2;
  }
}

function kindOf(entry: u32): u32 {
  return load<u32>(nodeAt(entry & NODE_MASK)) >> 16;
}
