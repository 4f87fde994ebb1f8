/** Block headers: the record and its RLP. */
import { keccak256 } from "../crypto/keccak";
import {
  ITEM, ITEM_LENGTH, ITEM_U64, bytesSize, listSize, readBytes, readFixed, readList, readU256, readU64, u256Size,
  u64Size, writeBytes, writeListHeader, writeU256, writeU64,
} from "../encoding/rlp";
import { txAlloc } from "../memory/arena";
import { BLOOM_SIZE } from "../transaction/bloom";

/** Unmanaged record; hashes, words, coinbase and bloom are reached through the pointer functions below. */
@unmanaged
export class Header {
  number: u64;
  gasLimit: u64;
  gasUsed: u64;
  timestamp: u64;
  blobGasUsed: u64;
  excessBlobGas: u64;
  /** Eight raw bytes. */
  nonce: u64;
  extraData: usize;
  extraDataLength: u32;
  /** Set of HAS_* bits; the fields come in this order, so an encoded header has a prefix of them. */
  present: u32;
}

export const HAS_BASE_FEE: u32 = 1;
export const HAS_WITHDRAWALS_ROOT: u32 = 2;
export const HAS_BLOB_GAS_USED: u32 = 4;
export const HAS_EXCESS_BLOB_GAS: u32 = 8;
export const HAS_BEACON_ROOT: u32 = 16;
export const HAS_REQUESTS_HASH: u32 = 32;

const PARENT_HASH: usize = 80;
const OMMERS_HASH: usize = 112;
const STATE_ROOT: usize = 144;
const TRANSACTIONS_ROOT: usize = 176;
const RECEIPTS_ROOT: usize = 208;
const DIFFICULTY: usize = 240;
const MIX_HASH: usize = 272;
const BASE_FEE: usize = 304;
const WITHDRAWALS_ROOT: usize = 336;
const BEACON_ROOT: usize = 368;
const REQUESTS_HASH: usize = 400;
const COINBASE: usize = 432;
const BLOOM: usize = 464;
export const HEADER_SIZE: usize = 720;

// @ts-ignore: decorator
@inline
export function parentHashPtr(header: Header): usize {
  return changetype<usize>(header) + PARENT_HASH;
}

// @ts-ignore: decorator
@inline
export function ommersHashPtr(header: Header): usize {
  return changetype<usize>(header) + OMMERS_HASH;
}

// @ts-ignore: decorator
@inline
export function stateRootPtr(header: Header): usize {
  return changetype<usize>(header) + STATE_ROOT;
}

// @ts-ignore: decorator
@inline
export function transactionsRootPtr(header: Header): usize {
  return changetype<usize>(header) + TRANSACTIONS_ROOT;
}

// @ts-ignore: decorator
@inline
export function receiptsRootPtr(header: Header): usize {
  return changetype<usize>(header) + RECEIPTS_ROOT;
}

/** u256. */
// @ts-ignore: decorator
@inline
export function difficultyPtr(header: Header): usize {
  return changetype<usize>(header) + DIFFICULTY;
}

/** PREVRANDAO from Paris on. */
// @ts-ignore: decorator
@inline
export function mixHashPtr(header: Header): usize {
  return changetype<usize>(header) + MIX_HASH;
}

/** u256, wei per gas. */
// @ts-ignore: decorator
@inline
export function headerBaseFeePtr(header: Header): usize {
  return changetype<usize>(header) + BASE_FEE;
}

// @ts-ignore: decorator
@inline
export function withdrawalsRootPtr(header: Header): usize {
  return changetype<usize>(header) + WITHDRAWALS_ROOT;
}

// @ts-ignore: decorator
@inline
export function beaconRootPtr(header: Header): usize {
  return changetype<usize>(header) + BEACON_ROOT;
}

// @ts-ignore: decorator
@inline
export function requestsHashPtr(header: Header): usize {
  return changetype<usize>(header) + REQUESTS_HASH;
}

/** 20 raw bytes in a buffer of 32. */
// @ts-ignore: decorator
@inline
export function headerCoinbasePtr(header: Header): usize {
  return changetype<usize>(header) + COINBASE;
}

// @ts-ignore: decorator
@inline
export function bloomPtr(header: Header): usize {
  return changetype<usize>(header) + BLOOM;
}

/**
 * Decodes the header at `at` into `header`, whose extra data then points into the RLP; the address after it, 0 when
 * malformed.
 */
export function decodeHeader(at: usize, end: usize, header: Header): usize {
  const next = readList(at, end);
  if (next == 0) return 0;
  memory.fill(changetype<usize>(header), 0, HEADER_SIZE);
  at = readFixed(ITEM, next, 32, parentHashPtr(header));
  if (at == 0) return 0;
  at = readFixed(at, next, 32, ommersHashPtr(header));
  if (at == 0) return 0;
  at = readFixed(at, next, 20, headerCoinbasePtr(header));
  if (at != 0) at = readFixed(at, next, 32, stateRootPtr(header));
  if (at != 0) at = readFixed(at, next, 32, transactionsRootPtr(header));
  if (at != 0) at = readFixed(at, next, 32, receiptsRootPtr(header));
  if (at != 0) at = readFixed(at, next, BLOOM_SIZE, bloomPtr(header));
  if (at != 0) at = readU256(at, next, difficultyPtr(header));
  if (at != 0) at = decodeAmounts(at, next, header);
  if (at != 0) at = readFixed(at, next, 32, mixHashPtr(header));
  if (at != 0) at = readFixed(at, next, 8, changetype<usize>(header) + offsetof<Header>("nonce"));
  return at != 0 && decodeLaterFields(at, next, header) ? next : 0;
}

function decodeAmounts(at: usize, end: usize, header: Header): usize {
  at = readU64(at, end);
  if (at == 0) return 0;
  header.number = ITEM_U64;
  at = readU64(at, end);
  if (at == 0) return 0;
  header.gasLimit = ITEM_U64;
  at = readU64(at, end);
  if (at == 0) return 0;
  header.gasUsed = ITEM_U64;
  at = readU64(at, end);
  if (at == 0) return 0;
  header.timestamp = ITEM_U64;
  at = readBytes(at, end);
  header.extraData = ITEM;
  header.extraDataLength = ITEM_LENGTH;
  return at;
}

/** London and after: as many fields as there are, in order. */
function decodeLaterFields(at: usize, end: usize, header: Header): bool {
  let field: u32 = HAS_BASE_FEE;
  while (at < end) {
    if (field > HAS_REQUESTS_HASH) return false;
    at = decodeLaterField(field, at, end, header);
    if (at == 0) return false;
    header.present |= field;
    field <<= 1;
  }
  return true;
}

function decodeLaterField(field: u32, at: usize, end: usize, header: Header): usize {
  if (field == HAS_BASE_FEE) return readU256(at, end, headerBaseFeePtr(header));
  if (field == HAS_WITHDRAWALS_ROOT) return readFixed(at, end, 32, withdrawalsRootPtr(header));
  if (field == HAS_BEACON_ROOT) return readFixed(at, end, 32, beaconRootPtr(header));
  if (field == HAS_REQUESTS_HASH) return readFixed(at, end, 32, requestsHashPtr(header));
  at = readU64(at, end);
  if (field == HAS_BLOB_GAS_USED) header.blobGasUsed = ITEM_U64;
  else header.excessBlobGas = ITEM_U64;
  return at;
}

function payloadSize(header: Header): u32 {
  let size: u32 = 5 * 33 + 21 + 3 + BLOOM_SIZE + 33 + 9;
  size += u256Size(difficultyPtr(header)) + u64Size(header.number) + u64Size(header.gasLimit);
  size += u64Size(header.gasUsed) + u64Size(header.timestamp) + bytesSize(header.extraData, header.extraDataLength);
  if (header.present & HAS_BASE_FEE) size += u256Size(headerBaseFeePtr(header));
  if (header.present & HAS_WITHDRAWALS_ROOT) size += 33;
  if (header.present & HAS_BLOB_GAS_USED) size += u64Size(header.blobGasUsed);
  if (header.present & HAS_EXCESS_BLOB_GAS) size += u64Size(header.excessBlobGas);
  if (header.present & HAS_BEACON_ROOT) size += 33;
  if (header.present & HAS_REQUESTS_HASH) size += 33;
  return size;
}

export function headerRlpSize(header: Header): u32 {
  return listSize(payloadSize(header));
}

/** Writes the RLP and returns the address after it. */
export function writeHeaderRlp(at: usize, header: Header): usize {
  at = writeListHeader(at, payloadSize(header));
  at = writeBytes(at, parentHashPtr(header), 32);
  at = writeBytes(at, ommersHashPtr(header), 32);
  at = writeBytes(at, headerCoinbasePtr(header), 20);
  at = writeBytes(at, stateRootPtr(header), 32);
  at = writeBytes(at, transactionsRootPtr(header), 32);
  at = writeBytes(at, receiptsRootPtr(header), 32);
  at = writeBytes(at, bloomPtr(header), BLOOM_SIZE);
  at = writeU256(at, difficultyPtr(header));
  at = writeU64(at, header.number);
  at = writeU64(at, header.gasLimit);
  at = writeU64(at, header.gasUsed);
  at = writeU64(at, header.timestamp);
  at = writeBytes(at, header.extraData, header.extraDataLength);
  at = writeBytes(at, mixHashPtr(header), 32);
  at = writeBytes(at, changetype<usize>(header) + offsetof<Header>("nonce"), 8);
  if (header.present & HAS_BASE_FEE) at = writeU256(at, headerBaseFeePtr(header));
  if (header.present & HAS_WITHDRAWALS_ROOT) at = writeBytes(at, withdrawalsRootPtr(header), 32);
  if (header.present & HAS_BLOB_GAS_USED) at = writeU64(at, header.blobGasUsed);
  if (header.present & HAS_EXCESS_BLOB_GAS) at = writeU64(at, header.excessBlobGas);
  if (header.present & HAS_BEACON_ROOT) at = writeBytes(at, beaconRootPtr(header), 32);
  if (header.present & HAS_REQUESTS_HASH) at = writeBytes(at, requestsHashPtr(header), 32);
  return at;
}

/** keccak of the RLP: the block's hash. */
export function hashHeader(header: Header, out: usize): void {
  const rlp = txAlloc(headerRlpSize(header));
  keccak256(rlp, writeHeaderRlp(rlp, header) - rlp, out);
}
