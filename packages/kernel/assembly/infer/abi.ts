/** Solidity ABI of IInference.sol: reading calldata, writing results and custom errors. Words are 32 bytes, big-endian. */
import { reserve } from "../memory/heap";
import { MAX_DIM } from "./model";

/** Selectors as read by `load<u32>`: first byte lowest. Checked against contracts/ai/IInference.sol by a test. */
export const GENERATE: u32 = 0xbc9a7d7e;
export const QUOTE: u32 = 0xda8ded2a;
export const DEFAULT_MODEL: u32 = 0x6e75e114;
export const COMPLETE: u32 = 0x652ef6bc;
export const COMPLETE_BATCH: u32 = 0x680627ef;
export const CLASSIFY: u32 = 0x6bc04f29;
export const CLASSIFY_IMAGE: u32 = 0xbfed01b7;
export const EMBED: u32 = 0xc55f51c1;
export const UNKNOWN_MODEL: u32 = 0x2506dca2;
export const INVALID_CALLDATA: u32 = 0xcdbb2981;
export const INVALID_UTF8: u32 = 0x54db03f4;
export const EMPTY_PROMPT: u32 = 0x19f2a7b8;
export const PROMPT_TOO_LONG: u32 = 0x72867c3b;
export const TOO_MANY_TOKENS: u32 = 0x6aef1d58;
export const WORK_TOO_LARGE: u32 = 0x1f4fe4b1;
export const INSUFFICIENT_GAS: u32 = 0xcb28e223;
export const INVALID_TURNS: u32 = 0x8591855a;
export const INVALID_OPTIONS: u32 = 0x77f18002;
export const INVALID_SCHEMA: u32 = 0x964f2305;
export const INVALID_LABELS: u32 = 0x007418d5;
export const INVALID_BATCH: u32 = 0x08a60bdc;
export const INVALID_IMAGE: u32 = 0x22f03270;

/** A vector of the widest model; a batch of the longest texts is shorter. */
const CAPACITY: usize = 64 + 32 * <usize>MAX_DIM;

let buffer: usize = 0;

/** Where results are put together. */
export function output(): usize {
  if (buffer == 0) buffer = reserve(CAPACITY);
  return buffer;
}

/** Writes `value` as a word. */
export function storeWord(at: usize, value: u64): void {
  memory.fill(at, 0, 24);
  store<u64>(at, bswap<u64>(value), 24);
}

/** The word as u32, or u32.MAX_VALUE when it is larger. */
export function loadWord(at: usize): u32 {
  const upper = load<u64>(at) | load<u64>(at, 8) | load<u64>(at, 16) | <u64>load<u32>(at, 24);
  return upper != 0 ? u32.MAX_VALUE : bswap<u32>(load<u32>(at, 28));
}

/** Writes `value` as a signed word. */
export function storeSigned(at: usize, value: i64): void {
  memory.fill(at, value < 0 ? 0xff : 0, 24);
  store<u64>(at, bswap<u64>(value), 24);
}

/** A string at `at`: its length and its bytes, padded. Returns the bytes written. */
export function storeString(at: usize, text: usize, length: u32): u32 {
  storeWord(at, length);
  const padded = (length + 31) & ~31;
  memory.fill(at + 32, 0, padded);
  memory.copy(at + 32, text, length);
  return 32 + padded;
}

/** abi.encode(string text, uint256 tokens) at `output()`; returns its length. */
export function encodeText(text: usize, length: u32, tokens: u32): u32 {
  storeWord(output(), 64);
  storeWord(output() + 32, tokens);
  return 64 + storeString(output() + 64, text, length);
}

/** abi.encode(string text, uint256 tokens, uint8 finish) at `output()`; returns its length. */
export function encodeAnswer(text: usize, length: u32, tokens: u32, finish: u32): u32 {
  storeWord(output(), 96);
  storeWord(output() + 32, tokens);
  storeWord(output() + 64, finish);
  return 96 + storeString(output() + 96, text, length);
}

/** A custom error without arguments; returns its length. */
export function encodeError(selector: u32): u32 {
  store<u32>(output(), selector);
  return 4;
}

/** A custom error with an integer; returns its length. */
export function encodeError1(selector: u32, value: u64): u32 {
  store<u32>(output(), selector);
  storeWord(output() + 4, value);
  return 36;
}

/** A custom error with two integers; returns its length. */
export function encodeError2(selector: u32, first: u64, second: u64): u32 {
  store<u32>(output(), selector);
  storeWord(output() + 4, first);
  storeWord(output() + 36, second);
  return 68;
}

/** A custom error with the 32 bytes at `word`; returns its length. */
export function encodeErrorWord(selector: u32, word: usize): u32 {
  store<u32>(output(), selector);
  memory.copy(output() + 4, word, 32);
  return 36;
}

/** Position and length of the string whose offset word stands at `at` in the arguments; false when it lies outside. */
export function loadString(args: usize, argsLength: u32, at: u32): bool {
  const offset = loadWord(args + at);
  if (offset > argsLength || argsLength - offset < 32) return false;
  STRING_LENGTH = loadWord(args + offset);
  STRING = args + offset + 32;
  return STRING_LENGTH <= argsLength - offset - 32;
}
export let STRING: usize = 0;
export let STRING_LENGTH: u32 = 0;

/** Place behind its length, and length, of the array of dynamic elements whose offset word stands at `at`. */
export function loadArray(args: usize, argsLength: u32, at: u32): bool {
  const offset = loadWord(args + at);
  if (offset > argsLength || argsLength - offset < 32) return false;
  ARRAY_COUNT = loadWord(args + offset);
  ARRAY = args + offset + 32;
  return ARRAY_COUNT <= (argsLength - offset - 32) >> 5;
}
export let ARRAY: usize = 0;
export let ARRAY_COUNT: u32 = 0;
