/** Text to tokens and back: consensus code (docs/spec/model.md, "Tokenizer"). */
import { encodeMerged } from "./merges";
import { MERGES, Model } from "./model";

/**
 * Writes the tokens of `length` bytes at `text`, with `space` as if a space stood before them, as u32 to `out` and returns their number, `limit` + 1 when there are more
 * than `limit`; nothing is written beyond `limit`.
 */
export function encode(model: Model, text: usize, length: u32, space: bool, out: usize, limit: u32): u32 {
  if (model.tokenizer == MERGES) return encodeMerged(model, text, length, space, out, limit);
  let count: u32 = 0;
  let at: u32 = 0;
  if (space) {
    matchPiece(model, text, 0, length, true);
    if (count == limit) return limit + 1;
    store<u32>(out + ((<usize>(count++)) << 2), matchedToken);
    at = matchedLength - 1;
  }
  while (at < length) {
    if (count == limit) return limit + 1;
    matchPiece(model, text, at, length, false);
    store<u32>(out + ((<usize>(count++)) << 2), matchedToken);
    at += matchedLength;
  }
  return count;
}

let matchedToken: u32 = 0;
let matchedLength: u32 = 0;

/**
 * Finds the longest piece at `at`, in `matchedToken` and `matchedLength`; with `space`, at a space that stands before
 * the text. The pieces are sorted, so those that begin with the bytes read so far are a range [low, high), and the piece
 * that equals those bytes, if any, is the first of the range. What begins with a space is a word when the model says so.
 */
function matchPiece(model: Model, text: usize, at: u32, length: u32, space: bool): void {
  matchedToken = model.unknown;
  matchedLength = 1;
  const before: u32 = space ? 1 : 0;
  const word = model.wholeWords && (space || <u32>load<u8>(text + at) == 0x20);
  let low: u32 = 0;
  let high = model.pieces;
  for (let depth: u32 = 0; depth < model.longestPiece && low < high; depth++) {
    const from = at + depth - before;
    if (depth >= before && from >= length) return;
    const read = depth < before ? 0x20 : <u32>load<u8>(text + from);
    const byte = word && read - 0x41 < 26 ? read | 0x20 : read;
    low = firstAbove(model, low, high, depth, byte);
    high = firstAbove(model, low, high, depth, byte + 1);
    if (low < high && pieceLength(model, low) == depth + 1) {
      if (word && depth > 0 && from + 1 < length && continuesWord(load<u8>(text + from + 1))) continue;
      matchedToken = model.controls + low;
      matchedLength = depth + 1;
    }
  }
}

/** ASCII letters and digits, and all bytes of other characters. */
export function continuesWord(byte: u32): bool {
  return byte >= 0x80 || byte - 0x30 < 10 || (byte | 0x20) - 0x61 < 26;
}

/** First piece in [low, high) whose byte at `depth` is at least `byte`; a piece that ends there comes before all. */
function firstAbove(model: Model, low: u32, high: u32, depth: u32, byte: u32): u32 {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pieceLength(model, middle) <= depth || <u32>load<u8>(pieceAt(model, middle) + depth) < byte) low = middle + 1;
    else high = middle;
  }
  return low;
}

// @ts-ignore: decorator
@inline
function pieceAt(model: Model, piece: u32): usize {
  return model.pieceBytes + load<u32>(model.pieceOffsets + (<usize>piece << 2));
}

// @ts-ignore: decorator
@inline
function pieceLength(model: Model, piece: u32): u32 {
  const offset = model.pieceOffsets + (<usize>piece << 2);
  return load<u32>(offset, 4) - load<u32>(offset);
}

/** Copies the token's text to `out` and returns its length; 0 for control and padding tokens. */
export function decode(model: Model, token: u32, out: usize): u32 {
  const piece = token - model.controls;
  if (token < model.controls || piece >= model.pieces) return 0;
  const length = pieceLength(model, piece);
  memory.copy(out, pieceAt(model, piece), length);
  return length;
}
