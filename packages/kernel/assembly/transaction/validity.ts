/**
 * Validity of a transaction: rules of its own first, then those against its block and its sender's account. Each
 * returns VALID or the code of the first broken rule.
 */
import { blobParameters, CONFIG } from "../block/config";
import { ENV, baseFeePtr, blobBaseFeePtr } from "../evm/environment";
import { codeOf, Account, balancePtr } from "../state/account";
import { codeLength, delegationTarget } from "../evm/code";
import { BERLIN, CANCUN, LONDON, OSAKA, PRAGUE, SHANGHAI } from "../spec/forks";
import { reserve } from "../memory/heap";
import { operatorFee } from "../rollup/costs";
import { addCarry, less } from "../u256/add";
import { multiplyWide } from "../u256/multiply";
import { isZero32, set64 } from "../u256/word";
import {
  BLOB_COUNT_EXCEEDED, BLOB_FEE_TOO_LOW, BLOB_VERSION_INVALID, CONTRACT_CREATION_NOT_ALLOWED, EMPTY_AUTHORIZATION_LIST,
  FLOOR_GAS_TOO_LOW, GAS_ALLOWANCE_EXCEEDED, GAS_LIMIT_EXCEEDS_MAXIMUM, GAS_PRICE_BELOW_BASE_FEE,
  INITCODE_SIZE_EXCEEDED,
  INSUFFICIENT_FUNDS, INTRINSIC_GAS_TOO_LOW, INVALID_CHAIN_ID, NONCE_IS_MAX, NONCE_TOO_HIGH, NONCE_TOO_LOW,
  PRIORITY_FEE_ABOVE_MAX_FEE, SENDER_NOT_EOA, TYPE_NOT_SUPPORTED, VALID, ZERO_BLOBS, reject, rejectWords,
} from "./error";
import { MAX_INIT_CODE_SIZE, MAX_TRANSACTION_GAS, floorGas, intrinsicGas } from "./gas";
import {
  ACCESS_LIST, BLOB, DEPOSIT, DYNAMIC_FEE, LEGACY, SET_CODE, Transaction, l1FeePtr, maxBlobFeePtr, maxFeePtr, maxPriorityFeePtr, valuePtr,
} from "./transaction";

/** EIP-4844. */
export const GAS_PER_BLOB: u64 = 1 << 17;
const VERSIONED_HASH_KZG: u8 = 0x01;
/** EIP-7594: blobs per transaction. */
const MAX_BLOBS_PER_TRANSACTION: u32 = 6;
/** EIP-2681. */
const MAX_NONCE: u64 = -1;

let scratch: usize = 0;

/** Reserves working memory. Once per instance. */
export function initValidity(): void {
  scratch = reserve(160);
}

// @ts-ignore: decorator
@inline
function firstForkOf(type: u32): u32 {
  if (type == LEGACY) return 0;
  if (type == ACCESS_LIST) return BERLIN;
  if (type == DYNAMIC_FEE) return LONDON;
  return type == BLOB ? CANCUN : PRAGUE;
}

/** Rules that hold in any block of the fork, for signed transactions. */
export function checkSigned(tx: Transaction, fork: u32): u32 {
  if (tx.type == DEPOSIT || (tx.type == BLOB && CONFIG.isRollup) || fork < firstForkOf(tx.type))
    return reject(TYPE_NOT_SUPPORTED, tx.type);
  if (tx.hasChainId && tx.chainId != CONFIG.chainId) return reject(INVALID_CHAIN_ID, tx.chainId, CONFIG.chainId);
  if (tx.nonce == MAX_NONCE) return reject(NONCE_IS_MAX);
  if (fork >= OSAKA && tx.gasLimit > MAX_TRANSACTION_GAS) {
    return reject(GAS_LIMIT_EXCEEDS_MAXIMUM, tx.gasLimit, MAX_TRANSACTION_GAS);
  }
  return VALID;
}

/** Rules on the contents alone, for signed transactions and messages alike. */
export function checkContents(tx: Transaction, fork: u32): u32 {
  const intrinsic = intrinsicGas(tx, fork);
  if (tx.gasLimit < intrinsic) return reject(INTRINSIC_GAS_TOO_LOW, tx.gasLimit, intrinsic);
  const floor = floorGas(tx, fork);
  if (tx.gasLimit < floor) return reject(FLOOR_GAS_TOO_LOW, tx.gasLimit, floor);
  if (fork >= SHANGHAI && tx.isCreation && tx.dataLength > MAX_INIT_CODE_SIZE) {
    return reject(INITCODE_SIZE_EXCEEDED, tx.dataLength, MAX_INIT_CODE_SIZE);
  }
  if (less(maxFeePtr(tx), maxPriorityFeePtr(tx))) {
    return rejectWords(PRIORITY_FEE_ABOVE_MAX_FEE, maxPriorityFeePtr(tx), maxFeePtr(tx));
  }
  if (tx.type == BLOB) return checkBlobs(tx, fork);
  if (tx.type == SET_CODE) {
    if (tx.isCreation) return reject(CONTRACT_CREATION_NOT_ALLOWED);
    if (tx.authorizationCount == 0) return reject(EMPTY_AUTHORIZATION_LIST);
  }
  return VALID;
}

function checkBlobs(tx: Transaction, fork: u32): u32 {
  if (tx.isCreation) return reject(CONTRACT_CREATION_NOT_ALLOWED);
  if (tx.blobCount == 0) return reject(ZERO_BLOBS);
  for (let i: u32 = 0; i < tx.blobCount; i++) {
    if (load<u8>(tx.blobHashes + (<usize>i << 5)) != VERSIONED_HASH_KZG) return reject(BLOB_VERSION_INVALID);
  }
  if (fork >= OSAKA && tx.blobCount > MAX_BLOBS_PER_TRANSACTION) {
    return reject(BLOB_COUNT_EXCEEDED, tx.blobCount, MAX_BLOBS_PER_TRANSACTION);
  }
  return VALID;
}

/**
 * Room left in the block: `gas` for execution, blob gas under the schedule in force. In a rollup's blocks the blob gas is
 * the footprint of the data (Jovian), and the gas limit bounds it too.
 */
export function checkAllowance(tx: Transaction, gas: u64, blobGasUsed: u64): u32 {
  if (tx.gasLimit > gas) return reject(GAS_ALLOWANCE_EXCEEDED, tx.gasLimit, gas);
  if (tx.daFootprint > ENV.gasLimit - blobGasUsed) {
    return reject(GAS_ALLOWANCE_EXCEEDED, tx.daFootprint, ENV.gasLimit - blobGasUsed);
  }
  if (tx.blobCount == 0) return VALID;
  const max = <u64>blobParameters(ENV.timestamp).max * GAS_PER_BLOB;
  const left = blobGasUsed > max ? 0 : max - blobGasUsed;
  if (<u64>tx.blobCount * GAS_PER_BLOB > left) return reject(BLOB_COUNT_EXCEEDED, tx.blobCount, left / GAS_PER_BLOB);
  return VALID;
}

/** Fees against the block's prices. */
export function checkFees(tx: Transaction): u32 {
  if (ENV.fork >= LONDON && less(maxFeePtr(tx), baseFeePtr())) {
    return rejectWords(GAS_PRICE_BELOW_BASE_FEE, maxFeePtr(tx), baseFeePtr());
  }
  return checkBlobFee(tx);
}

export function checkBlobFee(tx: Transaction): u32 {
  if (tx.blobCount != 0 && less(maxBlobFeePtr(tx), blobBaseFeePtr())) {
    return rejectWords(BLOB_FEE_TOO_LOW, maxBlobFeePtr(tx), blobBaseFeePtr());
  }
  return VALID;
}

/** Nonce and kind of the sender's account (EIP-3607 with the exception of EIP-7702). */
export function checkSender(tx: Transaction, sender: Account): u32 {
  const error = checkNonce(tx, sender);
  if (error != VALID) return error;
  const code = codeOf(sender);
  if (codeLength(code) != 0 && delegationTarget(code) == 0) return reject(SENDER_NOT_EOA);
  return VALID;
}

/** The nonce is the sender's next one, and not the last there is (EIP-2681). */
export function checkNonce(tx: Transaction, sender: Account): u32 {
  if (tx.nonce == MAX_NONCE) return reject(NONCE_IS_MAX);
  if (tx.nonce < sender.nonce) return reject(NONCE_TOO_LOW, tx.nonce, sender.nonce);
  if (tx.nonce > sender.nonce) return reject(NONCE_TOO_HIGH, tx.nonce, sender.nonce);
  return VALID;
}

/**
 * The most the transaction can cost, gas, blob gas, value and the fees of a rollup, against the balance. The sum needs more than 256 bits.
 */
export function checkFunds(tx: Transaction, sender: Account): u32 {
  const cost = scratch;
  const factor = scratch + 64;
  const product = scratch + 96;
  set64(factor, tx.gasLimit);
  multiplyWide(cost, maxFeePtr(tx), factor);
  addWide(cost, valuePtr(tx));
  if (tx.blobCount != 0) {
    set64(factor, <u64>tx.blobCount * GAS_PER_BLOB);
    multiplyWide(product, maxBlobFeePtr(tx), factor);
    addWide(cost, product);
    store<u64>(cost, load<u64>(cost, 32) + load<u64>(product, 32), 32);
  }
  if (tx.hasRollupFees) {
    operatorFee(tx, tx.gasLimit, product);
    addWide(cost, product);
    addWide(cost, l1FeePtr(tx));
  }
  if (isZero32(cost + 32) && !less(balancePtr(sender), cost)) return VALID;
  if (!isZero32(cost + 32)) memory.fill(cost, 0xff, 32);
  return rejectWords(INSUFFICIENT_FUNDS, balancePtr(sender), cost);
}

/** Adds a word to the 512-bit number at `sum`, whose sixth limb and above stay zero in all uses here. */
function addWide(sum: usize, word: usize): void {
  const carry = addCarry(sum, sum, word);
  store<u64>(sum, load<u64>(sum, 32) + carry, 32);
}
