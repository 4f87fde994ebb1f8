/** The encoding of an unsigned message, with zeros for its signature: how a simulated message stands in its block. */
import {
  bytesSize,
  listSize,
  u256Size,
  u64Size,
  writeBytes,
  writeListHeader,
  writeU256,
  writeU64,
} from "../encoding/rlp";
import { CONFIG } from "../block/config";
import {
  ACCESS_LIST,
  Authorization,
  BLOB,
  DYNAMIC_FEE,
  LEGACY,
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
  toPtr,
  valuePtr,
} from "./transaction";

/** An absent signature: v, r and s are zero, one byte each. */
const SIGNATURE_SIZE: u32 = 3;

function recipientLength(tx: Transaction): u32 {
  return tx.isCreation ? 0 : 20;
}

function payloadSize(tx: Transaction): u32 {
  let size = u64Size(tx.nonce) + u256Size(maxFeePtr(tx)) + u64Size(tx.gasLimit);
  size += bytesSize(toPtr(tx), recipientLength(tx)) + u256Size(valuePtr(tx)) + bytesSize(tx.data, tx.dataLength);
  if (tx.type >= ACCESS_LIST) size += u64Size(CONFIG.chainId) + listSize(accessListPayload(tx));
  if (tx.type >= DYNAMIC_FEE) size += u256Size(maxPriorityFeePtr(tx));
  if (tx.type == BLOB) size += u256Size(maxBlobFeePtr(tx)) + listSize(tx.blobCount * 33);
  if (tx.type == SET_CODE) size += listSize(authorizationsPayload(tx));
  return size + SIGNATURE_SIZE;
}

/** Encoded size, EIP-2718 type byte included. */
export function unsignedSize(tx: Transaction): u32 {
  return (tx.type == LEGACY ? 0 : 1) + listSize(payloadSize(tx));
}

/** Writes the encoding and returns the address after it. */
export function writeUnsigned(at: usize, tx: Transaction): usize {
  if (tx.type != LEGACY) store<u8>(at++, <u8>tx.type);
  at = writeListHeader(at, payloadSize(tx));
  if (tx.type >= ACCESS_LIST) at = writeU64(at, CONFIG.chainId);
  at = writeU64(at, tx.nonce);
  if (tx.type >= DYNAMIC_FEE) at = writeU256(at, maxPriorityFeePtr(tx));
  at = writeU256(at, maxFeePtr(tx));
  at = writeU64(at, tx.gasLimit);
  at = writeBytes(at, toPtr(tx), recipientLength(tx));
  at = writeU256(at, valuePtr(tx));
  at = writeBytes(at, tx.data, tx.dataLength);
  if (tx.type >= ACCESS_LIST) at = writeAccessList(at, tx);
  if (tx.type == BLOB) at = writeBlobs(at, tx);
  if (tx.type == SET_CODE) at = writeAuthorizations(at, tx);
  for (let i: u32 = 0; i < SIGNATURE_SIZE; i++) at = writeU64(at, 0);
  return at;
}

function accessListPayload(tx: Transaction): u32 {
  let size: u32 = 0;
  let at = tx.accessList;
  for (let i: u32 = 0; i < tx.accessListLength; i++) {
    const keys = load<u32>(at, 20);
    size += listSize(21 + listSize(keys * 33));
    at += 24 + ((<usize>keys) << 5);
  }
  return size;
}

function writeAccessList(at: usize, tx: Transaction): usize {
  at = writeListHeader(at, accessListPayload(tx));
  let item = tx.accessList;
  for (let i: u32 = 0; i < tx.accessListLength; i++) {
    const keys = load<u32>(item, 20);
    at = writeListHeader(at, 21 + listSize(keys * 33));
    at = writeBytes(at, item, 20);
    at = writeListHeader(at, keys * 33);
    item += 24;
    for (let k: u32 = 0; k < keys; k++, item += 32) at = writeBytes(at, item, 32);
  }
  return at;
}

function writeBlobs(at: usize, tx: Transaction): usize {
  at = writeU256(at, maxBlobFeePtr(tx));
  at = writeListHeader(at, tx.blobCount * 33);
  for (let i: u32 = 0; i < tx.blobCount; i++) at = writeBytes(at, tx.blobHashes + ((<usize>i) << 5), 32);
  return at;
}

function authorizationPayload(authorization: Authorization): u32 {
  let size = u256Size(authorizationChainIdPtr(authorization)) + 21 + u64Size(authorization.nonce);
  size += u64Size(authorization.yParity);
  return size + u256Size(authorizationRPtr(authorization)) + u256Size(authorizationSPtr(authorization));
}

function authorizationsPayload(tx: Transaction): u32 {
  let size: u32 = 0;
  for (let i: u32 = 0; i < tx.authorizationCount; i++) size += listSize(authorizationPayload(authorizationAt(tx, i)));
  return size;
}

function writeAuthorizations(at: usize, tx: Transaction): usize {
  at = writeListHeader(at, authorizationsPayload(tx));
  for (let i: u32 = 0; i < tx.authorizationCount; i++) {
    const authorization = authorizationAt(tx, i);
    at = writeListHeader(at, authorizationPayload(authorization));
    at = writeU256(at, authorizationChainIdPtr(authorization));
    at = writeBytes(at, authorizationAddressPtr(authorization), 20);
    at = writeU64(at, authorization.nonce);
    at = writeU64(at, authorization.yParity);
    at = writeU256(at, authorizationRPtr(authorization));
    at = writeU256(at, authorizationSPtr(authorization));
  }
  return at;
}
