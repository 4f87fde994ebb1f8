/**
 * A decoded transaction or an unsigned message: everything its validation and execution need, in transaction memory.
 */
import { txAlloc } from "../memory/arena";

export const LEGACY: u32 = 0;
export const ACCESS_LIST: u32 = 1;
export const DYNAMIC_FEE: u32 = 2;
export const BLOB: u32 = 3;
export const SET_CODE: u32 = 4;
/** Of a rollup: what L1 ordered. */
export const DEPOSIT: u32 = 0x7e;

/** Unmanaged record; addresses and words are reached through the pointer functions below. */
@unmanaged
export class Transaction {
  raw: usize;
  rawLength: u32;
  type: u32;
  /** Legacy transactions without EIP-155 have none. */
  hasChainId: bool;
  /** No `to`: the data is init code. */
  isCreation: bool;
  /** Deposits: one of the system's own, as before Regolith. */
  isSystem: bool;
  /** A rollup charges for the data: the fields from `estimatedSize` on are set. */
  hasRollupFees: bool;
  /** The sender was recovered before. */
  isSenderKnown: bool;
  yParity: u32;
  chainId: u64;
  nonce: u64;
  gasLimit: u64;
  data: usize;
  dataLength: u32;
  /** Items of an address (20 bytes), a key count (u32) and that many keys (32 raw bytes each). */
  accessList: usize;
  accessListLength: u32;
  accessListKeys: u32;
  /** Raw 32-byte versioned hashes. */
  blobHashes: usize;
  blobCount: u32;
  /** `Authorization` records, AUTHORIZATION_SIZE apart. */
  authorizations: usize;
  authorizationCount: u32;
  /** RLP payload that the signature covers, without the list header and without EIP-155's extra items. */
  signedFields: usize;
  signedFieldsLength: u32;
  /** Millionths of a byte that the transaction takes in a batch. */
  estimatedSize: u64;
  operatorFeeConstant: u64;
  operatorFeeScalar: u32;
  daFootprint: u64;
}

const HASH: usize = 160;
const FROM: usize = 192;
const TO: usize = 224;
const VALUE: usize = 256;
const MAX_FEE: usize = 288;
const MAX_PRIORITY_FEE: usize = 320;
const MAX_BLOB_FEE: usize = 352;
const V: usize = 384;
const R: usize = 416;
const S: usize = 448;
const MINT: usize = 480;
const SOURCE_HASH: usize = 512;
const L1_FEE: usize = 544;
const TRANSACTION_SIZE: usize = 576;

/** A zeroed record in transaction memory. */
export function newTransaction(): Transaction {
  const pointer = txAlloc(TRANSACTION_SIZE);
  memory.fill(pointer, 0, TRANSACTION_SIZE);
  return changetype<Transaction>(pointer);
}

// @ts-ignore: decorator
@inline
export function hashPtr(tx: Transaction): usize {
  return changetype<usize>(tx) + HASH;
}

/** Sender: 20 raw bytes in a buffer of 32. */
// @ts-ignore: decorator
@inline
export function fromPtr(tx: Transaction): usize {
  return changetype<usize>(tx) + FROM;
}

/** Recipient: 20 raw bytes in a buffer of 32; zeros for a creation. */
// @ts-ignore: decorator
@inline
export function toPtr(tx: Transaction): usize {
  return changetype<usize>(tx) + TO;
}

// @ts-ignore: decorator
@inline
export function valuePtr(tx: Transaction): usize {
  return changetype<usize>(tx) + VALUE;
}

/** Wei per gas: `maxFeePerGas`, or `gasPrice` of the types before EIP-1559. */
// @ts-ignore: decorator
@inline
export function maxFeePtr(tx: Transaction): usize {
  return changetype<usize>(tx) + MAX_FEE;
}

/** Wei per gas; equal to the gas price in the types before EIP-1559. */
// @ts-ignore: decorator
@inline
export function maxPriorityFeePtr(tx: Transaction): usize {
  return changetype<usize>(tx) + MAX_PRIORITY_FEE;
}

/** Wei per blob gas. */
// @ts-ignore: decorator
@inline
export function maxBlobFeePtr(tx: Transaction): usize {
  return changetype<usize>(tx) + MAX_BLOB_FEE;
}

/** Wei that a deposit creates on its sender. */
// @ts-ignore: decorator
@inline
export function mintPtr(tx: Transaction): usize {
  return changetype<usize>(tx) + MINT;
}

/** What makes a deposit unique, 32 raw bytes. */
// @ts-ignore: decorator
@inline
export function sourceHashPtr(tx: Transaction): usize {
  return changetype<usize>(tx) + SOURCE_HASH;
}

/** Wei that a rollup charges for the transaction's data. */
// @ts-ignore: decorator
@inline
export function l1FeePtr(tx: Transaction): usize {
  return changetype<usize>(tx) + L1_FEE;
}

/** As signed: 27, 28 or the EIP-155 form in legacy transactions, else the parity of y. */
// @ts-ignore: decorator
@inline
export function vPtr(tx: Transaction): usize {
  return changetype<usize>(tx) + V;
}

// @ts-ignore: decorator
@inline
export function rPtr(tx: Transaction): usize {
  return changetype<usize>(tx) + R;
}

// @ts-ignore: decorator
@inline
export function sPtr(tx: Transaction): usize {
  return changetype<usize>(tx) + S;
}

/** One EIP-7702 authorization tuple. */
@unmanaged
export class Authorization {
  nonce: u64;
  yParity: u32;
  /** 0 = not recovered yet, 1 = the authority is known, 2 = the signature does not recover. */
  recovery: u32;
}

export const RECOVERY_PENDING: u32 = 0;
export const RECOVERY_DONE: u32 = 1;
export const RECOVERY_FAILED: u32 = 2;

const AUTHORIZATION_CHAIN_ID: usize = 16;
const AUTHORIZATION_ADDRESS: usize = 48;
const AUTHORIZATION_R: usize = 72;
const AUTHORIZATION_S: usize = 104;
const AUTHORIZATION_AUTHORITY: usize = 136;
export const AUTHORIZATION_SIZE: usize = 160;

// @ts-ignore: decorator
@inline
export function authorizationAt(tx: Transaction, index: u32): Authorization {
  return changetype<Authorization>(tx.authorizations + <usize>index * AUTHORIZATION_SIZE);
}

// @ts-ignore: decorator
@inline
export function authorizationChainIdPtr(authorization: Authorization): usize {
  return changetype<usize>(authorization) + AUTHORIZATION_CHAIN_ID;
}

// @ts-ignore: decorator
@inline
export function authorizationAddressPtr(authorization: Authorization): usize {
  return changetype<usize>(authorization) + AUTHORIZATION_ADDRESS;
}

// @ts-ignore: decorator
@inline
export function authorizationRPtr(authorization: Authorization): usize {
  return changetype<usize>(authorization) + AUTHORIZATION_R;
}

// @ts-ignore: decorator
@inline
export function authorizationSPtr(authorization: Authorization): usize {
  return changetype<usize>(authorization) + AUTHORIZATION_S;
}

/** The signer, 20 raw bytes in a buffer of 24, once recovered. */
// @ts-ignore: decorator
@inline
export function authorityPtr(authorization: Authorization): usize {
  return changetype<usize>(authorization) + AUTHORIZATION_AUTHORITY;
}
