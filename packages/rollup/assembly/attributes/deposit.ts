/** Transactions that L1 orders: 0x7E ‖ rlp([sourceHash, from, to, mint, value, gas, isSystemTx, data]). */
import { keccak256 } from "../../../kernel/assembly/crypto/keccak";
import {
  bytesSize,
  listSize,
  u256Size,
  u64Size,
  writeBytes,
  writeListHeader,
  writeU256,
  writeU64,
} from "../../../kernel/assembly/encoding/rlp";
import { put, putU32 } from "../../../kernel/assembly/entry/wire";
import { reserve } from "../../../kernel/assembly/memory/heap";
import { loadBE } from "../../../kernel/assembly/u256/word";
import { PORTAL } from "../config";
import { INDEX, NUMBER, PAYLOAD, isEvent, isFrom, isU64, payloadLength, topicAt } from "./logs";

const DEPOSIT: u32 = 0x7e;
/** keccak of TransactionDeposited(address,address,uint256,bytes). */
const TRANSACTION_DEPOSITED: usize = memory.data<u8>([
  0xb3, 0x81, 0x35, 0x68, 0xd9, 0x99, 0x1f, 0xc9, 0x51, 0x96, 0x1f, 0xcb, 0x4c, 0x78, 0x48, 0x93, 0x57, 0x42, 0x40,
  0xa2, 0x89, 0x25, 0x60, 0x4d, 0x09, 0xfc, 0x57, 0x7c, 0x55, 0xbb, 0x7c, 0x32,
]);
const TOPICS: u32 = 4;
/** mint, value (32 each), gas limit (8) and the creation flag (1) before the data. */
const OPAQUE_HEADER: u32 = 73;
const CREATION: usize = 72;
/** What the source hash is of: user deposits and L1 attributes have domains of their own. */
const USER_DOMAIN: u8 = 0;
const L1_ATTRIBUTES_DOMAIN: u8 = 1;
const HASH: u32 = 32;
const ADDRESS: u32 = 20;

/** The source hash, then mint and value as words; and what the source hash is of. */
let source: usize = 0;
let mint: usize = 0;
let value: usize = 0;
let preimage: usize = 0;

/** Once per instance. */
export function initDeposits(): void {
  source = reserve(HASH);
  mint = reserve(32);
  value = reserve(32);
  preimage = reserve(64);
}

/** keccak(domain ‖ keccak(hash of the L1 block ‖ number)). */
function setSource(domain: u8, l1Hash: usize, number: u64): void {
  memory.copy(preimage, l1Hash, HASH);
  memory.fill(preimage + 32, 0, 24);
  store<u64>(preimage, bswap<u64>(number), 56);
  keccak256(preimage, 64, preimage + 32);
  memory.fill(preimage, 0, 31);
  store<u8>(preimage, domain, 31);
  keccak256(preimage, 64, source);
}

/**
 * Appends the deposit that the event taken last asks for to the answer, behind its length. False where it asks for
 * none, or the portal cannot have emitted it.
 */
export function putUserDeposit(l1Hash: usize): bool {
  if (!isFrom(PORTAL) || !isEvent(TRANSACTION_DEPOSITED, TOPICS) || !isU64(topicAt(3)) || NUMBER != 0) return false;
  const length = payloadLength();
  if (length < <i64>OPAQUE_HEADER) return false;
  setSource(USER_DOMAIN, l1Hash, INDEX);
  loadBE(mint, PAYLOAD);
  loadBE(value, PAYLOAD + 32);
  const gas = bswap<u64>(load<u64>(PAYLOAD, 64));
  const to: usize = load<u8>(PAYLOAD, CREATION) != 0 ? 0 : topicAt(2) + 12;
  putDeposit(topicAt(1) + 12, to, gas, PAYLOAD + OPAQUE_HEADER, <u32>length - OPAQUE_HEADER);
  return true;
}

/** Appends a deposit of the system, without value. `number`: of the blocks before it with the same origin. */
export function putSystemDeposit(
  l1Hash: usize,
  number: u64,
  from: usize,
  to: usize,
  gas: u64,
  data: usize,
  length: u32,
): void {
  setSource(L1_ATTRIBUTES_DOMAIN, l1Hash, number);
  memory.fill(mint, 0, 32);
  memory.fill(value, 0, 32);
  putDeposit(from, to, gas, data, length);
}

/** @param to 0 for a creation */
function putDeposit(from: usize, to: usize, gas: u64, data: usize, length: u32): void {
  const recipient: u32 = to == 0 ? 0 : ADDRESS;
  let payload = bytesSize(source, HASH) + bytesSize(from, ADDRESS) + bytesSize(to, recipient);
  payload += u256Size(mint) + u256Size(value) + u64Size(gas) + u64Size(0) + bytesSize(data, length);
  const size = 1 + listSize(payload);
  putU32(size);
  let at = put(size);
  store<u8>(at, <u8>DEPOSIT);
  at = writeListHeader(at + 1, payload);
  at = writeBytes(at, source, HASH);
  at = writeBytes(at, from, ADDRESS);
  at = writeBytes(at, to, recipient);
  at = writeU256(at, mint);
  at = writeU256(at, value);
  at = writeU64(at, gas);
  at = writeU64(at, 0);
  writeBytes(at, data, length);
}
