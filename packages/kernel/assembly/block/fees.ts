/** Prices that a block derives from its parent: EIP-1559 base fee, EIP-4844 blob base fee and excess blob gas. */
import { reserve } from "../memory/heap";
import { LONDON, OSAKA } from "../spec/forks";
import { denominatorOf, elasticityOf, hasMinimumBaseFee, minimumBaseFeeOf } from "../rollup/extra-data";
import { GAS_PER_BLOB } from "../transaction/validity";
import { add, less, sub } from "../u256/add";
import { divide } from "../u256/divide";
import { multiply } from "../u256/multiply";
import { copy32, isZero32, set64, zero32 } from "../u256/word";
import { BlobParameters, CONFIG, blobParameters, forkAt } from "./config";
import { Header, headerBaseFeePtr } from "./header";

const INITIAL_BASE_FEE: u64 = 1_000_000_000;
export const ELASTICITY: u64 = 2;
const BASE_FEE_CHANGE_DENOMINATOR: u64 = 8;
/** EIP-7918: a blob's execution cost in gas, for which the blob fee has to pay at least. */
const BLOB_BASE_COST: u64 = 1 << 13;
/** Exponents above this saturate: e^200 wei exceeds 2^256. */
const MAX_EXPONENT: u64 = 200;

let scratch: usize = 0;

/** Reserves working memory. Once per instance. */
export function initFees(): void {
  scratch = reserve(192);
}

/** EIP-1559; the products are exact for base fees below 2^192 wei. */
export function nextBaseFee(parent: Header, out: usize): void {
  if (forkAt(parent.number, parent.timestamp) < LONDON) {
    set64(out, INITIAL_BASE_FEE);
    return;
  }
  if (CONFIG.isRollup) {
    nextRollupBaseFee(parent, out);
    return;
  }
  adjustBaseFee(parent, parent.gasUsed, parent.gasLimit / ELASTICITY, BASE_FEE_CHANGE_DENOMINATOR, out);
}

/** Holocene: the parent's extra data has the parameters. Jovian: the data's footprint counts as gas, and there is a floor. */
function nextRollupBaseFee(parent: Header, out: usize): void {
  const target = parent.gasLimit / elasticityOf(parent);
  const used = hasMinimumBaseFee(parent) ? max<u64>(parent.gasUsed, parent.blobGasUsed) : parent.gasUsed;
  adjustBaseFee(parent, used, target, denominatorOf(parent), out);
  if (!hasMinimumBaseFee(parent)) return;
  const minimum = scratch;
  set64(minimum, minimumBaseFeeOf(parent));
  if (less(out, minimum)) copy32(out, minimum);
}

function adjustBaseFee(parent: Header, gasUsed: u64, target: u64, denominator: u64, out: usize): void {
  const parentFee = headerBaseFeePtr(parent);
  copy32(out, parentFee);
  if (target == 0 || gasUsed == target) return;
  const rises = gasUsed > target;
  const change = scratch;
  set64(change, rises ? gasUsed - target : target - gasUsed);
  multiply(change, change, parentFee);
  divideBy(change, target);
  divideBy(change, denominator);
  if (!rises) {
    sub(out, out, change);
    return;
  }
  if (isZero32(change)) set64(change, 1);
  add(out, out, change);
}

function divideBy(word: usize, divisor: u64): void {
  const right = scratch + 160;
  set64(right, divisor);
  divide(word, word, right);
}

function multiplyBy(word: usize, factor: u64): void {
  const right = scratch + 160;
  set64(right, factor);
  multiply(word, word, right);
}

/** EIP-4844 with the schedule of EIP-7840 and the reserve price of EIP-7918, for the block at `timestamp`. */
export function nextExcessBlobGas(parent: Header, number: u64, timestamp: u64): u64 {
  if (CONFIG.isRollup) return 0;
  const parameters = blobParameters(timestamp);
  const target = <u64>parameters.target * GAS_PER_BLOB;
  const total = parent.excessBlobGas + parent.blobGasUsed;
  if (total < target) return 0;
  if (forkAt(number, timestamp) >= OSAKA && belowReserve(parent, parameters)) {
    return parent.excessBlobGas + (parent.blobGasUsed * (parameters.max - parameters.target)) / parameters.max;
  }
  return total - target;
}

function belowReserve(parent: Header, parameters: BlobParameters): bool {
  const reservePrice = scratch + 96;
  const price = scratch + 128;
  copy32(reservePrice, headerBaseFeePtr(parent));
  multiplyBy(reservePrice, BLOB_BASE_COST);
  blobBaseFee(parent.excessBlobGas, parameters, price);
  multiplyBy(price, GAS_PER_BLOB);
  return less(price, reservePrice);
}

/**
 * EIP-4844's fake exponential e^(excess / fraction), in wei per blob gas. Beyond what 256 bits hold the price
 * saturates; no transaction can pay it either way.
 */
export function blobBaseFee(excess: u64, parameters: BlobParameters, out: usize): void {
  const fraction = parameters.baseFeeUpdateFraction;
  if (excess / fraction > MAX_EXPONENT) {
    memory.fill(out, 0xff, 32);
    return;
  }
  const term = scratch;
  const sum = scratch + 32;
  set64(term, fraction);
  zero32(sum);
  for (let i: u64 = 1; !isZero32(term); i++) {
    add(sum, sum, term);
    if (load<u64>(term, 24) != 0) {
      memory.fill(out, 0xff, 32);
      return;
    }
    multiplyBy(term, excess);
    divideBy(term, fraction);
    divideBy(term, i);
  }
  copy32(out, sum);
  divideBy(out, fraction);
}
