/** Transactions of a span as they are signed: the entry of the data column completed from the other columns. */
import {
  listSize,
  u256Size,
  u64Size,
  writeListHeader,
  writeU256,
  writeU64,
} from "../../../kernel/assembly/encoding/rlp";
import { put, putU32 } from "../../../kernel/assembly/entry/wire";
import { reserve } from "../../../kernel/assembly/memory/heap";
import { loadBE, set64 } from "../../../kernel/assembly/u256/word";
import { CONFIG } from "../config";
import { ACCESS_LIST, DATA, DATA_LENGTH, LEGACY, POST_EXEC, SET_CODE, TYPE, fieldAt, hasFields } from "./span-data";

/** v without EIP-155, and with it beside twice the chain's number. */
const UNPROTECTED_V: u64 = 27;
const PROTECTED_V: u64 = 35;
const ADDRESS_SIZE: u32 = 21;

/** v, r and s, a word each. */
let words: usize = 0;

/** Once per instance. */
export function initSpanTransaction(): void {
  words = reserve(96);
}

/** Fields of the data column: the value, then prices up to the text, then what comes behind the text. */
// @ts-ignore: decorator
@inline
function fieldCount(): u32 {
  return TYPE == LEGACY ? 3 : TYPE == SET_CODE ? 6 : TYPE + 3;
}

/** Where the text stands among them. The prices come before the gas, everything else behind the recipient. */
// @ts-ignore: decorator
@inline
function textIndex(): u32 {
  return TYPE <= ACCESS_LIST ? 2 : 3;
}

/**
 * Appends the transaction whose entry was taken last to the answer, behind its length.
 *
 * @param to 20 bytes; 0 for a creation
 * @param signature r and s, 32 bytes each
 */
export function writeTransaction(
  nonce: u64,
  gas: u64,
  to: usize,
  parity: u64,
  isProtected: bool,
  signature: usize,
): void {
  if (TYPE == POST_EXEC) return writeOpaque();
  hasFields(fieldCount());
  setV(parity, isProtected);
  loadBE(words + 32, signature);
  loadBE(words + 64, signature + 32);
  const payload = payloadSize(nonce, gas, to);
  const size = listSize(payload) + u32(TYPE != LEGACY);
  putU32(size);
  let at = put(size);
  if (TYPE != LEGACY) store<u8>(at++, <u8>TYPE);
  at = writeListHeader(at, payload);
  if (TYPE != LEGACY) at = writeU64(at, CONFIG.chainId);
  at = writeU64(at, nonce);
  at = copy(at, fieldAt(1), fieldAt(textIndex()));
  at = writeU64(at, gas);
  at = writeRecipient(at, to);
  at = copy(at, fieldAt(0), fieldAt(1));
  at = copy(at, fieldAt(textIndex()), fieldAt(fieldCount()));
  for (let i: usize = 0; i < 96; i += 32) at = writeU256(at, words + i);
}

function writeOpaque(): void {
  putU32(DATA_LENGTH + 1);
  const at = put(DATA_LENGTH + 1);
  store<u8>(at, <u8>TYPE);
  memory.copy(at + 1, DATA, DATA_LENGTH);
}

/** The parity, or for legacy transactions what EIP-155 or its absence make of it. */
function setV(parity: u64, isProtected: bool): void {
  if (TYPE != LEGACY) return set64(words, parity);
  if (!isProtected) return set64(words, UNPROTECTED_V + parity);
  const doubled = CONFIG.chainId << 1;
  const v = doubled + PROTECTED_V + parity;
  set64(words, v);
  store<u64>(words, (CONFIG.chainId >> 63) + u64(v < doubled), 8);
}

function payloadSize(nonce: u64, gas: u64, to: usize): u32 {
  let size = u64Size(nonce) + u64Size(gas) + (to == 0 ? 1 : ADDRESS_SIZE);
  size += <u32>(fieldAt(fieldCount()) - fieldAt(0));
  if (TYPE != LEGACY) size += u64Size(CONFIG.chainId);
  for (let i: usize = 0; i < 96; i += 32) size += u256Size(words + i);
  return size;
}

function copy(to: usize, from: usize, end: usize): usize {
  memory.copy(to, from, end - from);
  return to + (end - from);
}

function writeRecipient(at: usize, to: usize): usize {
  if (to == 0) {
    store<u8>(at, 0x80);
    return at + 1;
  }
  store<u8>(at, 0x80 + 20);
  memory.copy(at + 1, to, 20);
  return at + ADDRESS_SIZE;
}
