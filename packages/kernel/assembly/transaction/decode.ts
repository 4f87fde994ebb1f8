/** Transactions from their canonical encoding: RLP lists (legacy) and EIP-2718 envelopes of types 1 to 4. */
import { ITEM, ITEM_LENGTH, ITEM_U64, readBytes, readFixed, readList, readU256, readU64 } from "../encoding/rlp";
import { txAlloc } from "../memory/arena";
import { CONFIG } from "../block/config";
import { decodeDeposit } from "../rollup/deposit";
import { copy32, copyAddress, fits64 } from "../u256/word";
import { identify } from "./known";
import { MALFORMED, TYPE_NOT_SUPPORTED, VALID, reject } from "./error";
import {
  ACCESS_LIST,
  AUTHORIZATION_SIZE,
  BLOB,
  DEPOSIT,
  DYNAMIC_FEE,
  SET_CODE,
  Transaction,
  authorizationAddressPtr,
  authorizationAt,
  authorizationChainIdPtr,
  authorizationRPtr,
  authorizationSPtr,
  maxBlobFeePtr,
  maxFeePtr,
  maxPriorityFeePtr,
  newTransaction,
  rPtr,
  sPtr,
  toPtr,
  vPtr,
  valuePtr,
} from "./transaction";

/** The transaction of the last successful `decodeTransaction`. */
export let DECODED: Transaction = changetype<Transaction>(0);

/**
 * Decodes into transaction memory and sets DECODED; the record refers to the raw bytes, which have to stay. The sender
 * is not recovered yet.
 *
 * @returns VALID, MALFORMED or TYPE_NOT_SUPPORTED
 */
export function decodeTransaction(raw: usize, length: u32): u32 {
  if (length == 0) return reject(MALFORMED);
  const tx = newTransaction();
  tx.raw = raw;
  tx.rawLength = length;
  const first = <u32>load<u8>(raw);
  let complete: bool;
  if (first >= 0xc0) {
    complete = decodeLegacy(tx, raw, raw + length);
  } else if (first == DEPOSIT && CONFIG.isRollup) {
    tx.type = first;
    complete = decodeDeposit(tx, raw + 1, raw + length);
  } else {
    if (first < ACCESS_LIST || first > SET_CODE)
      return first < 0x80 ? reject(TYPE_NOT_SUPPORTED, first) : reject(MALFORMED);
    tx.type = first;
    complete = decodeTyped(tx, raw + 1, raw + length);
  }
  if (!complete) return reject(MALFORMED);
  identify(tx);
  DECODED = tx;
  return VALID;
}

function decodeLegacy(tx: Transaction, at: usize, end: usize): bool {
  if (readList(at, end) != end) return false;
  const start = ITEM;
  at = readU64(start, end);
  if (at == 0) return false;
  tx.nonce = ITEM_U64;
  at = readU256(at, end, maxFeePtr(tx));
  if (at == 0) return false;
  copy32(maxPriorityFeePtr(tx), maxFeePtr(tx));
  at = decodeRecipient(tx, at, end);
  if (at == 0) return false;
  tx.signedFields = start;
  tx.signedFieldsLength = <u32>(at - start);
  at = readU256(at, end, vPtr(tx));
  if (at == 0 || !splitV(tx)) return false;
  return decodeSignature(tx, at, end) == end;
}

/** EIP-155: v = chain id × 2 + 35 + parity. */
function splitV(tx: Transaction): bool {
  if (!fits64(vPtr(tx))) return false;
  const v = load<u64>(vPtr(tx));
  if (v == 27 || v == 28) {
    tx.yParity = <u32>(v - 27);
    return true;
  }
  // Zeros in place of a signature mark the unsigned messages of a simulation; they recover to nobody.
  if (v < 35) {
    tx.yParity = 2;
    return true;
  }
  tx.hasChainId = true;
  tx.chainId = (v - 35) >> 1;
  tx.yParity = <u32>((v - 35) & 1);
  return true;
}

function decodeTyped(tx: Transaction, at: usize, end: usize): bool {
  if (readList(at, end) != end) return false;
  const start = ITEM;
  at = readU64(start, end);
  if (at == 0) return false;
  tx.hasChainId = true;
  tx.chainId = ITEM_U64;
  at = readU64(at, end);
  if (at == 0) return false;
  tx.nonce = ITEM_U64;
  at = decodeFees(tx, at, end);
  if (at != 0) at = decodeRecipient(tx, at, end);
  if (at != 0) at = decodeAccessList(tx, at, end);
  if (at != 0 && tx.type == BLOB) at = decodeBlobs(tx, at, end);
  if (at != 0 && tx.type == SET_CODE) at = decodeAuthorizations(tx, at, end);
  if (at == 0) return false;
  tx.signedFields = start;
  tx.signedFieldsLength = <u32>(at - start);
  at = readU256(at, end, vPtr(tx));
  if (at == 0 || !fits64(vPtr(tx))) return false;
  const parity = load<u64>(vPtr(tx));
  if (parity > 1) return false;
  tx.yParity = <u32>parity;
  return decodeSignature(tx, at, end) == end;
}

function decodeFees(tx: Transaction, at: usize, end: usize): usize {
  if (tx.type < DYNAMIC_FEE) {
    at = readU256(at, end, maxFeePtr(tx));
    copy32(maxPriorityFeePtr(tx), maxFeePtr(tx));
    return at;
  }
  at = readU256(at, end, maxPriorityFeePtr(tx));
  return at == 0 ? 0 : readU256(at, end, maxFeePtr(tx));
}

/** Gas limit, to, value and data: the same run of fields in every type. */
function decodeRecipient(tx: Transaction, at: usize, end: usize): usize {
  at = readU64(at, end);
  if (at == 0) return 0;
  tx.gasLimit = ITEM_U64;
  at = readBytes(at, end);
  if (at == 0 || (ITEM_LENGTH != 20 && ITEM_LENGTH != 0)) return 0;
  tx.isCreation = ITEM_LENGTH == 0;
  if (!tx.isCreation) copyAddress(toPtr(tx), ITEM);
  at = readU256(at, end, valuePtr(tx));
  if (at == 0) return 0;
  at = readBytes(at, end);
  tx.data = ITEM;
  tx.dataLength = ITEM_LENGTH;
  return at;
}

function decodeSignature(tx: Transaction, at: usize, end: usize): usize {
  at = readU256(at, end, rPtr(tx));
  return at == 0 ? 0 : readU256(at, end, sPtr(tx));
}

/** An item takes at least 23 bytes of RLP and 24 in the flat form; a key takes 33 and 32. */
function decodeAccessList(tx: Transaction, at: usize, end: usize): usize {
  const next = readList(at, end);
  if (next == 0) return 0;
  at = ITEM;
  let out = txAlloc(<usize>ITEM_LENGTH + ITEM_LENGTH / 23 + 32);
  tx.accessList = out;
  while (at < next) {
    const itemEnd = readList(at, next);
    if (itemEnd == 0) return 0;
    const keys = readFixed(ITEM, itemEnd, 20, out);
    if (keys == 0 || readList(keys, itemEnd) != itemEnd || ITEM_LENGTH % 33 != 0) return 0;
    const count = ITEM_LENGTH / 33;
    store<u32>(out, count, 20);
    out += 24;
    let key = ITEM;
    for (let i: u32 = 0; i < count; i++, out += 32) {
      key = readFixed(key, itemEnd, 32, out);
      if (key == 0) return 0;
    }
    tx.accessListLength++;
    tx.accessListKeys += count;
    at = itemEnd;
  }
  return next;
}

function decodeBlobs(tx: Transaction, at: usize, end: usize): usize {
  at = readU256(at, end, maxBlobFeePtr(tx));
  if (at == 0) return 0;
  const next = readList(at, end);
  if (next == 0 || ITEM_LENGTH % 33 != 0) return 0;
  tx.blobCount = ITEM_LENGTH / 33;
  tx.blobHashes = txAlloc(<usize>ITEM_LENGTH);
  at = ITEM;
  for (let i: u32 = 0; i < tx.blobCount; i++) {
    at = readFixed(at, next, 32, tx.blobHashes + ((<usize>i) << 5));
    if (at == 0) return 0;
  }
  return next;
}

function decodeAuthorizations(tx: Transaction, at: usize, end: usize): usize {
  const next = readList(at, end);
  if (next == 0) return 0;
  const first = ITEM;
  let count: u32 = 0;
  for (at = first; at < next; count++) {
    at = readList(at, next);
    if (at == 0) return 0;
  }
  tx.authorizations = txAlloc(<usize>count * AUTHORIZATION_SIZE);
  memory.fill(tx.authorizations, 0, <usize>count * AUTHORIZATION_SIZE);
  tx.authorizationCount = count;
  at = first;
  for (let i: u32 = 0; i < count; i++) {
    at = decodeAuthorization(tx, i, at, next);
    if (at == 0) return 0;
  }
  return next;
}

function decodeAuthorization(tx: Transaction, index: u32, at: usize, end: usize): usize {
  const authorization = authorizationAt(tx, index);
  const next = readList(at, end);
  if (next == 0) return 0;
  at = readU256(ITEM, next, authorizationChainIdPtr(authorization));
  if (at == 0) return 0;
  at = readFixed(at, next, 20, authorizationAddressPtr(authorization));
  if (at == 0) return 0;
  at = readU64(at, next);
  if (at == 0) return 0;
  authorization.nonce = ITEM_U64;
  at = readU64(at, next);
  if (at == 0 || ITEM_U64 > 255) return 0;
  authorization.yParity = <u32>ITEM_U64;
  at = readU256(at, next, authorizationRPtr(authorization));
  if (at == 0) return 0;
  return readU256(at, next, authorizationSPtr(authorization)) == next ? next : 0;
}
