/**
 * JSON schemas to automata over bytes (docs/spec/inference.md, "Schemas"). A schema is read once, from left to right; every
 * construct adds nodes in proportion to its length, so that no schema can explode.
 */
import { reserve } from "../memory/heap";

/** Most nodes of an automaton: u32 low | high << 8 | kind << 16, u32 next, u32 other. */
export const MAX_NODES: u32 = 2048;
const NODE_SIZE: usize = 12;
const MAX_DEPTH: u32 = 8;

/** Most strings that are copied from the prompt. */
export const MAX_COPIES: u32 = 16;

/**
 * Kinds of nodes: a byte between low and high leads to `next`; both `next` and `other`, without a byte; the end; words of
 * the prompt lead to `next`.
 */
export const BYTES: u32 = 0;
export const FORK: u32 = 1;
export const ACCEPT: u32 = 2;
export const COPY: u32 = 3;

/** Place of no node: an edge that is still open. */
const OPEN: u32 = 0xffffffff;

let nodes: usize = 0;
let nodeCount: u32 = 0;
let schema: usize = 0;
let schemaLength: u32 = 0;
let at: u32 = 0;
let failed: bool = false;
let depth: u32 = 0;
let copyCount: u32 = 0;

// Functions that add a fragment take the node whose `next` leads into it, and return the one whose `next` leads on.
export function nodeAt(index: u32): usize {
  return nodes + <usize>index * NODE_SIZE;
}
export function automatonSize(): u32 {
  return nodeCount;
}
export function copiedStrings(): u32 {
  return copyCount;
}

/** Compiles the schema; false when it is malformed, outside the subset or too large, with the place in `schemaPosition`. */
export function compileSchema(text: usize, length: u32): bool {
  if (nodes == 0) nodes = reserve(<usize>MAX_NODES * NODE_SIZE);
  nodeCount = 0;
  schema = text;
  schemaLength = length;
  at = 0;
  depth = 0;
  copyCount = 0;
  failed = false;
  // Node 0 leads to the schema's first node, whatever that will be.
  const end = value(fork());
  if (at != length) failed = true;
  close(end, add(ACCEPT, 0, 0));
  return !failed;
}
export function schemaPosition(): u32 {
  return min(at, schemaLength);
}

/** Adds a node; beyond the limit the schema fails and the last node is written over. */
function add(kind: u32, low: u32, high: u32): u32 {
  if (nodeCount == MAX_NODES) {
    failed = true;
    nodeCount--;
  }
  const node = nodeAt(nodeCount);
  store<u32>(node, low | (high << 8) | (kind << 16));
  store<u32>(node, OPEN, 4);
  store<u32>(node, OPEN, 8);
  return nodeCount++;
}
function fork(): u32 {
  return add(FORK, 0, 0);
}

/** Lets the open edge of `from` lead to `to`. */
function close(from: u32, to: u32): void {
  store<u32>(nodeAt(from), to, 4);
}
function closeOther(from: u32, to: u32): void {
  store<u32>(nodeAt(from), to, 8);
}

/** A byte of the range behind `from`; returns the new end. */
function range(from: u32, low: u32, high: u32): u32 {
  const node = add(BYTES, low, high);
  close(from, node);
  return node;
}
function byte(from: u32, x: u32): u32 {
  return range(from, x, x);
}

/** Text of the schema from `first` to `end`, as it stands. */
function literal(from: u32, first: u32, end: u32): u32 {
  for (let i = first; i < end && !failed; i++) from = byte(from, load<u8>(schema + i));
  return from;
}

// Reading the schema.

function peek(): u32 {
  return at < schemaLength ? <u32>load<u8>(schema + at) : 0;
}
function expect(x: u32): void {
  if (peek() != x) failed = true;
  else at++;
}

/** End of the string that begins at `at`, behind its closing quote; `at` moves there. */
function skipString(): u32 {
  expect(0x22);
  while (!failed && at < schemaLength && peek() != 0x22) {
    if (peek() < 0x20) failed = true;
    at += peek() == 0x5c ? 2 : 1;
  }
  expect(0x22);
  return at;
}

/** End of a string, number or word (true, false, null) without white space. */
function skipScalar(): u32 {
  if (peek() == 0x22) return skipString();
  const first = at;
  while (at < schemaLength && isWord(peek())) at++;
  if (at == first) failed = true;
  return at;
}
function isWord(x: u32): bool {
  return (x >= 0x30 && x <= 0x39) || (x >= 0x61 && x <= 0x7a) || x == 0x2d || x == 0x2e || x == 0x2b || x == 0x45;
}

/** Whether the string at `first` … `end` is `length` bytes of `word` (first byte lowest) between quotes. */
function isKey(first: u32, end: u32, word: u64, length: u32): bool {
  if (end - first != length + 2) return false;
  for (let i: u32 = 0; i < length; i++) {
    if (<u32>load<u8>(schema + first + 1 + i) != <u32>((word >> (i << 3)) & 0xff)) return false;
  }
  return true;
}

const TYPE: u64 = 0x65707974; // type
const ENUM: u64 = 0x6d756e65; // enum
const CONST: u64 = 0x74736e6f63; // const
const ANY_OF: u64 = 0x664f796e61; // anyOf
const ITEMS: u64 = 0x736d657469; // items
const OBJECT: u64 = 0x7463656a626f; // object
const ARRAY: u64 = 0x7961727261; // array
const STRING: u64 = 0x676e69727473; // string
const NUMBER: u64 = 0x7265626d756e; // number
const INTEGER: u64 = 0x72656765746e69; // integer
const BOOLEAN: u64 = 0x6e61656c6f6f62; // boolean
const NULL: u64 = 0x6c6c756e; // null
const X_COPY: u64 = 0x79706f632d78; // x-copy
const PROMPT: u64 = 0x74706d6f7270; // prompt

/** A schema behind `from`: an object whose first key says what it is. Returns the end of the fragment. */
function value(from: u32): u32 {
  if (failed || depth == MAX_DEPTH) {
    failed = true;
    return from;
  }
  depth++;
  expect(0x7b);
  const first = at;
  const end = skipString();
  expect(0x3a);
  if (isKey(first, end, TYPE, 4)) from = typed(from);
  else if (isKey(first, end, CONST, 5)) from = constant(from);
  else if (isKey(first, end, ENUM, 4)) from = alternatives(from, false);
  else if (isKey(first, end, ANY_OF, 5)) from = alternatives(from, true);
  else failed = true;
  expect(0x7d);
  depth--;
  return from;
}

function constant(from: u32): u32 {
  const first = at;
  return literal(from, first, skipScalar());
}

/** [a, b, …] of schemas or scalars: forks that lead to each, all ending in one node. */
function alternatives(from: u32, schemas: bool): u32 {
  const end = fork();
  expect(0x5b);
  while (!failed) {
    const choice = fork();
    close(from, choice);
    const branch = fork();
    closeOther(choice, branch);
    close(schemas ? value(branch) : constant(branch), end);
    from = choice;
    if (peek() != 0x2c) break;
    at++;
  }
  expect(0x5d);
  return end;
}

function typed(from: u32): u32 {
  const first = at;
  const end = skipString();
  if (isKey(first, end, OBJECT, 6)) return object(from);
  if (isKey(first, end, ARRAY, 5)) return array(from);
  if (isKey(first, end, STRING, 6)) return peek() == 0x2c ? copy(from) : string(from);
  if (isKey(first, end, INTEGER, 7)) return integer(from);
  if (isKey(first, end, NUMBER, 6)) return number(from);
  if (isKey(first, end, BOOLEAN, 7)) return boolean(from);
  if (isKey(first, end, NULL, 4)) return word(from, NULL, 4);
  failed = true;
  return from;
}

/** ,"properties":{name: schema, …}: all of them, in this order. */
function object(from: u32): u32 {
  expect(0x2c);
  const first = at;
  const key = skipString();
  if (key - first != 12 || !isProperties(first)) failed = true;
  expect(0x3a);
  expect(0x7b);
  from = byte(from, 0x7b);
  while (!failed && peek() != 0x7d) {
    const name = at;
    const nameEnd = skipString();
    expect(0x3a);
    from = value(byte(literal(from, name, nameEnd), 0x3a));
    if (peek() != 0x2c) break;
    at++;
    if (peek() != 0x22) failed = true;
    from = byte(from, 0x2c);
  }
  expect(0x7d);
  return byte(from, 0x7d);
}

function isProperties(first: u32): bool {
  return load<u64>(schema + first, 1) == 0x69747265706f7270 && load<u16>(schema + first, 9) == 0x7365;
}

/** ,"items":schema: any number of them, between brackets. */
function array(from: u32): u32 {
  expect(0x2c);
  const first = at;
  if (!isKey(first, skipString(), ITEMS, 5)) failed = true;
  expect(0x3a);
  // open → item → (comma → item)* → close, or close at once.
  const choice = fork();
  close(byte(from, 0x5b), choice);
  const item = fork();
  close(choice, item);
  const after = fork();
  close(value(item), after);
  const comma = add(BYTES, 0x2c, 0x2c);
  close(comma, item);
  close(after, comma);
  const end = add(BYTES, 0x5d, 0x5d);
  closeOther(choice, end);
  closeOther(after, end);
  return end;
}

/** Any characters but quotes, controls and backslashes, or one of the short escapes. */
function string(from: u32): u32 {
  const loop = fork();
  close(byte(from, 0x22), loop);
  const inside = fork();
  close(loop, inside);
  close(branch(inside, 0x20, 0x21), loop);
  const more = fork();
  closeOther(inside, more);
  close(branch(more, 0x23, 0x5b), loop);
  const rest = fork();
  closeOther(more, rest);
  close(branch(rest, 0x5d, 0xff), loop);
  const escape = add(BYTES, 0x5c, 0x5c);
  closeOther(rest, escape);
  let choice = escape;
  const escapes: u64 = 0x74726e66625c2f22; // " / \ b f n r t
  for (let i: u32 = 0; i < 8; i++) {
    const each = fork();
    if (i == 0) close(choice, each);
    else closeOther(choice, each);
    const x = <u32>((escapes >> (i << 3)) & 0xff);
    close(branch(each, x, x), loop);
    choice = each;
  }
  const quote = add(BYTES, 0x22, 0x22);
  closeOther(loop, quote);
  return quote;
}

/** ,"x-copy":"prompt": a string that stands in the prompt. */
function copy(from: u32): u32 {
  expect(0x2c);
  const key = at;
  if (!isKey(key, skipString(), X_COPY, 6)) failed = true;
  expect(0x3a);
  const source = at;
  if (!isKey(source, skipString(), PROMPT, 6)) failed = true;
  if (++copyCount > MAX_COPIES) failed = true;
  const node = add(COPY, 0, 0);
  close(byte(from, 0x22), node);
  const quote = add(BYTES, 0x22, 0x22);
  close(node, quote);
  return quote;
}

/** A range as the first way out of a fork. */
function branch(from: u32, low: u32, high: u32): u32 {
  const node = add(BYTES, low, high);
  close(from, node);
  return node;
}

/** -?(0|[1-9][0-9]*) */
function integer(from: u32): u32 {
  const sign = fork();
  close(from, sign);
  const first = fork();
  close(byte(sign, 0x2d), first);
  closeOther(sign, first);
  const end = fork();
  close(byte(first, 0x30), end);
  const lead = add(BYTES, 0x31, 0x39);
  closeOther(first, lead);
  const loop = fork();
  close(lead, loop);
  close(branch(loop, 0x30, 0x39), loop);
  closeOther(loop, end);
  return end;
}

/** integer(\.[0-9]+)? */
function number(from: u32): u32 {
  const choice = fork();
  close(integer(from), choice);
  const loop = fork();
  const digit = range(byte(choice, 0x2e), 0x30, 0x39);
  close(digit, loop);
  close(loop, digit);
  const end = fork();
  closeOther(loop, end);
  closeOther(choice, end);
  return end;
}

function boolean(from: u32): u32 {
  const choice = fork();
  close(from, choice);
  const end = fork();
  close(word(choice, 0x65757274, 4), end);
  const no = fork();
  closeOther(choice, no);
  close(word(no, 0x65736c6166, 5), end);
  return end;
}

function word(from: u32, text: u64, length: u32): u32 {
  for (let i: u32 = 0; i < length; i++) from = byte(from, <u32>((text >> (i << 3)) & 0xff));
  return from;
}
