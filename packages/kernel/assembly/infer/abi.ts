/** Solidity ABI of IInference.sol: reading calldata, writing results and custom errors. Words are 32 bytes, big-endian. */
import { reserve } from "../memory/heap";
import { TEXT_CAPACITY } from "./generate";

/** Selectors as read by `load<u32>`: first byte lowest. Checked against contracts/ai/IInference.sol by a test. */
export const GENERATE: u32 = 0xbc9a7d7e;
export const QUOTE: u32 = 0xda8ded2a;
export const DEFAULT_MODEL: u32 = 0x6e75e114;
export const UNKNOWN_MODEL: u32 = 0x2506dca2;
export const INVALID_CALLDATA: u32 = 0xcdbb2981;
export const INVALID_UTF8: u32 = 0x54db03f4;
export const EMPTY_PROMPT: u32 = 0x19f2a7b8;
export const PROMPT_TOO_LONG: u32 = 0x72867c3b;
export const TOO_MANY_TOKENS: u32 = 0x6aef1d58;
export const WORK_TOO_LARGE: u32 = 0x1f4fe4b1;
export const INSUFFICIENT_GAS: u32 = 0xcb28e223;

let buffer: usize = 0;

/** Where results are put together: room for a selector, three words and the longest text. */
export function output(): usize {
  if (buffer == 0) buffer = reserve(4 + 96 + TEXT_CAPACITY + 32);
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

/** abi.encode(string text, uint256 tokens) at `output()`; returns its length. */
export function encodeText(text: usize, length: u32, tokens: u32): u32 {
  const out = output();
  storeWord(out, 64);
  storeWord(out + 32, tokens);
  storeWord(out + 64, length);
  const padded = (length + 31) & ~31;
  memory.fill(out + 96, 0, padded);
  memory.copy(out + 96, text, length);
  return 96 + padded;
}

/** A custom error without arguments; returns its length. */
export function encodeError(selector: u32): u32 {
  store<u32>(output(), selector);
  return 4;
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
