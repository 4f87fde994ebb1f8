/** The words of what the user said last, for strings that must be one of them (docs/spec/inference.md, "Schemas"). */
import { reserve } from "../memory/heap";
import { continuesWord } from "./tokenizer";

/** Words that can be copied: the first of the text. */
export const MAX_WORDS: u32 = 256;

let text: usize = 0;
let textLength: u32 = 0;
/** u32 [MAX_WORDS]: where words begin. */
let words: usize = 0;
let count: u32 = 0;

/** Finds the words of `length` bytes at `at`, which stay there while the answer is generated. */
export function readWords(at: usize, length: u32): void {
  if (words == 0) words = reserve(<usize>MAX_WORDS << 2);
  text = at;
  textLength = length;
  count = 0;
  let inside = false;
  for (let i: u32 = 0; i < length && count < MAX_WORDS; i++) {
    const continues = continuesWord(load<u8>(at + i));
    if (continues && !inside) {
      store<u32>(words + (<usize>count << 2), i);
      count++;
    }
    inside = continues;
  }
}

export function forgetWords(): void {
  textLength = count = 0;
}

export function wordCount(): u32 {
  return count;
}
export function wordAt(index: u32): u32 {
  return load<u32>(words + (<usize>index << 2));
}

/** Whether a copy may go on with `byte` at place `at`: it is the text's in any case, a word's or one that joins words. */
export function copies(at: u32, byte: u32): bool {
  if (at >= textLength) return false;
  const here = <u32>load<u8>(text + at);
  return lower(here) == lower(byte) && (continuesWord(here) || here == 0x2e || here == 0x2d || here == 0x5f);
}

/** Whether a word ends before place `at`. */
export function endsWord(at: u32): bool {
  return continuesWord(load<u8>(text + at - 1)) && (at == textLength || !continuesWord(load<u8>(text + at)));
}

function lower(byte: u32): u32 {
  return byte - 0x41 < 26 ? byte | 0x20 : byte;
}
