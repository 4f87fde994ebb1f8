/**
 * What a signed transaction pays a rollup beyond its gas: the L1 data fee (Fjord) and the operator fee (Isthmus, Jovian).
 * The prices stand in the storage of the L1Block contract, which the first transaction of every block writes.
 */
import { ENV } from "../evm/environment";
import { reserve } from "../memory/heap";
import { FEATURE_JOVIAN } from "../spec/forks";
import { Account, account } from "../state/account";
import { currentPtr, slot } from "../state/storage";
import { Transaction, l1FeePtr } from "../transaction/transaction";
import { add } from "../u256/add";
import { divide } from "../u256/divide";
import { multiply } from "../u256/multiply";
import { copy32, set64 } from "../u256/word";
import { fastlzLength, initFastlz } from "./fastlz";
import { L1_BLOCK } from "./predeploys";

/** Slots of L1Block and where in them the packed numbers are, in bytes from the least significant one. */
const BASE_FEE_SLOT: u64 = 1;
const SCALARS_SLOT: u64 = 3;
const BLOB_BASE_FEE_SLOT: u64 = 7;
const OPERATOR_SLOT: u64 = 8;
const BLOB_BASE_FEE_SCALAR: usize = 8;
const BASE_FEE_SCALAR: usize = 12;
const OPERATOR_FEE_SCALAR: usize = 8;
const DA_FOOTPRINT_SCALAR: usize = 12;

/** Fjord: size = max(minimum, slope × FastLZ length − intercept), in millionths of a byte. */
const MINIMUM_SIZE: u64 = 100_000_000;
const SIZE_INTERCEPT: u64 = 42_585_600;
const SIZE_SLOPE: u64 = 836_500;
const MILLION: u64 = 1_000_000;
const CALLDATA_GAS: u64 = 16;
const FEE_DIVISOR: u64 = 1_000_000_000_000;
/** The operator fee per gas is the scalar in millionths, from Jovian on in hundreds of wei. */
const JOVIAN_OPERATOR_FACTOR: u64 = 100;
/** Gas per byte of footprint where the system configuration names none. */
const DEFAULT_FOOTPRINT_SCALAR: u64 = 400;

let scratch: usize = 0;
/** Words of L1Block as the current transaction finds them. */
let operatorWord: usize = 0;

/** Reserves working memory. Once per instance. */
export function initCosts(): void {
  scratch = reserve(128);
  operatorWord = scratch + 96;
  initFastlz();
}

/** Prices a signed transaction: its data fee and what its operator fee follows from. Inside an open state transaction. */
export function priceTransaction(tx: Transaction): void {
  const l1Block = account(L1_BLOCK);
  tx.hasRollupFees = true;
  tx.estimatedSize = estimatedSize(fastlzLength(tx.raw, tx.rawLength));
  copy32(operatorWord, valueAt(l1Block, OPERATOR_SLOT));
  tx.operatorFeeScalar = load<u32>(operatorWord, OPERATOR_FEE_SCALAR);
  tx.operatorFeeConstant = load<u64>(operatorWord);
  if (ENV.features & FEATURE_JOVIAN) tx.daFootprint = footprint(tx.estimatedSize);
  l1Fee(tx.estimatedSize, l1Block, l1FeePtr(tx));
}

/** Millionths of a byte that the transaction is expected to take in a compressed batch. */
function estimatedSize(fastlz: u64): u64 {
  const scaled = fastlz * SIZE_SLOPE;
  return scaled < MINIMUM_SIZE + SIZE_INTERCEPT ? MINIMUM_SIZE : scaled - SIZE_INTERCEPT;
}

/** Gas that the estimated size stands for, as receipts report it. */
export function l1GasUsed(tx: Transaction): u64 {
  return (tx.estimatedSize * CALLDATA_GAS) / MILLION;
}

/** size × (16 × base fee × scalar + blob base fee × scalar) / 10^12, in wei. */
function l1Fee(size: u64, l1Block: Account, out: usize): void {
  const factor = scratch;
  const blobPart = scratch + 32;
  const scalars = valueAt(l1Block, SCALARS_SLOT);
  const baseFeeScalar = <u64>load<u32>(scalars, BASE_FEE_SCALAR);
  const blobBaseFeeScalar = <u64>load<u32>(scalars, BLOB_BASE_FEE_SCALAR);
  set64(factor, baseFeeScalar * CALLDATA_GAS);
  multiply(out, valueAt(l1Block, BASE_FEE_SLOT), factor);
  set64(factor, blobBaseFeeScalar);
  multiply(blobPart, valueAt(l1Block, BLOB_BASE_FEE_SLOT), factor);
  add(out, out, blobPart);
  set64(factor, size);
  multiply(out, out, factor);
  set64(factor, FEE_DIVISOR);
  divide(out, out, factor);
}

/** Fee of the operator for that much gas, in wei. */
export function operatorFee(tx: Transaction, gas: u64, out: usize): void {
  const factor = scratch;
  set64(out, gas);
  set64(factor, tx.operatorFeeScalar);
  multiply(out, out, factor);
  if (ENV.features & FEATURE_JOVIAN) {
    set64(factor, JOVIAN_OPERATOR_FACTOR);
    multiply(out, out, factor);
  } else {
    set64(factor, MILLION);
    divide(out, out, factor);
  }
  set64(factor, tx.operatorFeeConstant);
  add(out, out, factor);
}

/** Jovian: the part of the block's gas limit that the transaction's data takes. */
function footprint(size: u64): u64 {
  const scalar = <u64>load<u16>(operatorWord, DA_FOOTPRINT_SCALAR);
  return (size / MILLION) * (scalar == 0 ? DEFAULT_FOOTPRINT_SCALAR : scalar);
}

function valueAt(l1Block: Account, number: u64): usize {
  const key = scratch + 64;
  set64(key, number);
  return currentPtr(slot(l1Block, key));
}
