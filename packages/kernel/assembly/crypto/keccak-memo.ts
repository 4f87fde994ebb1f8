/**
 * Hashes of short messages that come again and again: a contract derives the slot of one mapping entry several times per
 * transaction, and most logs have the same address and first topic. Whoever aims at collisions in the table only loses
 * what it gains.
 */
import { reserve } from "../memory/heap";
import { copy32 } from "../u256/word";
import { keccak256 } from "./keccak";

/** Entry: message padded with zeros 64 · length u64 · unused 24 · hash 32. */
const LENGTH: usize = 64;
const HASH: usize = 96;
const ENTRY_LOG2: u32 = 7;
const ENTRIES_LOG2: u32 = 11;

const FACTOR_0: u64 = 0x9e3779b97f4a7c15;
const FACTOR_1: u64 = 0xbf58476d1ce4e5b9;
const FACTOR_2: u64 = 0x94d049bb133111eb;
const FACTOR_3: u64 = 0xd6e8feb86659fd93;

let entries: usize = 0;

/** keccak256 of 20, 32 or 64 bytes: the lengths of addresses, words and mapping keys with their slot. */
export function keccak256Memo(input: usize, length: usize, output: usize): void {
  if (GUEST) return keccak256(input, length, output);
  if (entries == 0) entries = reserve(<usize>1 << (ENTRIES_LOG2 + ENTRY_LOG2));
  const isAddress = length == 20;
  const isLong = length == 64;
  const w0 = load<u64>(input);
  const w1 = load<u64>(input, 8);
  const w2 = isAddress ? <u64>load<u32>(input, 16) : load<u64>(input, 16);
  const w3 = isAddress ? 0 : load<u64>(input, 24);
  const w4 = isLong ? load<u64>(input, 32) : 0;
  const w5 = isLong ? load<u64>(input, 40) : 0;
  const w6 = isLong ? load<u64>(input, 48) : 0;
  const w7 = isLong ? load<u64>(input, 56) : 0;
  const mixed =
    (w0 + FACTOR_0) * (w1 + FACTOR_1) + (w2 + FACTOR_2) * (w3 + FACTOR_3) +
    (w4 + FACTOR_1) * (w5 + FACTOR_3) + (w6 + FACTOR_0) * (w7 + FACTOR_2);
  const entry = entries + ((<usize>((mixed * FACTOR_0) >> (64 - ENTRIES_LOG2))) << ENTRY_LOG2);
  const known =
    (load<u64>(entry) ^ w0) | (load<u64>(entry, 8) ^ w1) | (load<u64>(entry, 16) ^ w2) | (load<u64>(entry, 24) ^ w3) |
    (load<u64>(entry, 32) ^ w4) | (load<u64>(entry, 40) ^ w5) | (load<u64>(entry, 48) ^ w6) |
    (load<u64>(entry, 56) ^ w7) | (load<u64>(entry, LENGTH) ^ <u64>length);
  if (known != 0) {
    keccak256(input, length, entry + HASH);
    store<u64>(entry, w0);
    store<u64>(entry, w1, 8);
    store<u64>(entry, w2, 16);
    store<u64>(entry, w3, 24);
    store<u64>(entry, w4, 32);
    store<u64>(entry, w5, 40);
    store<u64>(entry, w6, 48);
    store<u64>(entry, w7, 56);
    store<u64>(entry, <u64>length, LENGTH);
  }
  copy32(output, entry + HASH);
}
