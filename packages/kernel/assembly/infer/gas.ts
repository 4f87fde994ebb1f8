/**
 * Gas of the inference precompile in closed form (docs/spec/inference.md, "Gas"): 1 gas = 64 instructions of the RV64
 * replay. Amounts below are quarters of an instruction, so that every coefficient is an integer.
 */
import { bitLength } from "./fixed";
import { MERGES, Model, bodyMacs } from "./model";

const QUARTERS_PER_GAS: u64 = 256;
/** 4.25 instructions per multiply-accumulate of a matrix, 13.5 per one of attention, 65 per element of other work. */
const MATRIX: u64 = 17;
const ATTENTION: u64 = 54;
const ELEMENT: u64 = 260;
const CALL: u64 = 4 * 20_000;
const BYTE: u64 = 4 * 60;
/** 80 instructions per step of a binary search, of which a byte may take part in one per table and in the heap's. */
const SEARCH: u64 = 4 * 80;
/** Bits of the longest text. */
const TEXT_BITS: i32 = 17;

/** Multiply-accumulates of one call, all matrices and attention. */
export const MAX_MACS: u64 = 150_000_000;

/** Gas for reading `bytes` bytes of text: validation, tokenization, hashing. Due whatever happens later. */
export function readingGas(model: Model, bytes: u64): u64 {
  // No text is longer than the memory that it was paid for; the bound keeps the product within 64 bits.
  return toGas(CALL + min<u64>(bytes, u32.MAX_VALUE) * (BYTE + searchQuarters(model)));
}

/** Gas for taking `length` bytes of calldata apart. */
export function calldataGas(length: u32): u64 {
  return toGas(<u64>length * BYTE);
}

/** Per byte: finding the piece that begins there, or the merges that it may take part in. */
function searchQuarters(model: Model): u64 {
  if (model.tokenizer == MERGES) {
    const tables = bitLength(model.mergeCount) + bitLength(model.characterCount) + bitLength(model.rangeCount);
    return SEARCH * <u64>(tables + TEXT_BITS);
  }
  return <u64>model.longestPiece * (48 * <u64>bitLength(model.pieces) + 48);
}

/** Gas for `positions` forward passes and `steps` choices of a next token, each `choosing` quarters above the plain one. */
export function decodingGas(model: Model, positions: u32, steps: u32, choosing: u64): u64 {
  const elements = <u64>model.layers * (6 * <u64>max(model.dim, model.queryDim) + 3 * model.ffn);
  const body = MATRIX * bodyMacs(model) + ELEMENT * elements;
  const head = MATRIX * <u64>model.vocab * model.dim + ELEMENT * model.vocab + choosing;
  return toGas(<u64>positions * body + ATTENTION * attentionMacs(model, positions) + <u64>steps * head);
}

export function decodingMacs(model: Model, positions: u32, steps: u32): u64 {
  return <u64>positions * bodyMacs(model) + attentionMacs(model, positions) + <u64>steps * model.vocab * model.dim;
}

/** Position p looks at p + 1 positions, once for the scores and once for the values. */
function attentionMacs(model: Model, positions: u32): u64 {
  return <u64>model.queryDim * model.layers * positions * (positions + 1);
}

function toGas(quarters: u64): u64 {
  return (quarters + QUARTERS_PER_GAS - 1) / QUARTERS_PER_GAS;
}
