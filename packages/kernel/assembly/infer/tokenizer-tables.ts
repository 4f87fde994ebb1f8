/** Validity of the merging tokenizer's tables (docs/spec/model.md, "Merges"), checked once when a model is loaded. */
import { Model } from "./model";

const MAX_CODE_POINT: u32 = 0x10ffff;

/** Byte tokens, characters in ascending order, and merges in ascending order whose text is that of their parts. */
export function areMerges(model: Model): bool {
  for (let i: usize = 0; i < 256; i++) if (load<u32>(model.byteTokens + (i << 2)) >= model.vocab) return false;
  for (let i: u32 = 0; i < model.characterCount; i++) {
    const entry = model.characters + ((<usize>i) << 3);
    const point = load<u32>(entry);
    if (point > MAX_CODE_POINT || load<u32>(entry, 4) >= model.vocab) return false;
    if (i > 0 && point <= load<u32>(entry - 8)) return false;
  }
  for (let i: u32 = 0; i < model.mergeCount; i++) {
    const entry = model.merges + ((<usize>i) << 4);
    if (!isMerge(model, entry) || (i > 0 && pair(entry - 16) >= pair(entry))) return false;
  }
  return true;
}

/** The classes of all code points: ascending starts, the first of them 0. */
export function areRanges(model: Model): bool {
  if (model.splitter == 0) return model.rangeCount == 0;
  if (model.rangeCount == 0 || load<u32>(model.ranges) >> 2 != 0) return false;
  for (let i: u32 = 1; i < model.rangeCount; i++) {
    const entry = model.ranges + ((<usize>i) << 2);
    const start = load<u32>(entry) >> 2;
    if (start > MAX_CODE_POINT || start <= load<u32>(entry - 4) >> 2) return false;
  }
  return true;
}

function pair(entry: usize): u64 {
  return ((<u64>load<u32>(entry)) << 32) | load<u32>(entry, 4);
}

function isMerge(model: Model, entry: usize): bool {
  const left = load<u32>(entry), right = load<u32>(entry, 4), result = load<u32>(entry, 12);
  if (max(max(left, right), result) >= model.pieces) return false;
  const leftLength = textLength(model, left), rightLength = textLength(model, right);
  if (leftLength == 0 || rightLength == 0 || textLength(model, result) != leftLength + rightLength) return false;
  const joined = textOf(model, result);
  return (
    memory.compare(joined, textOf(model, left), leftLength) == 0 &&
    memory.compare(joined + leftLength, textOf(model, right), rightLength) == 0
  );
}

function textOf(model: Model, piece: u32): usize {
  return model.pieceBytes + load<u32>(model.pieceOffsets + ((<usize>piece) << 2));
}

function textLength(model: Model, piece: u32): u32 {
  const offset = model.pieceOffsets + ((<usize>piece) << 2);
  return load<u32>(offset, 4) - load<u32>(offset);
}
