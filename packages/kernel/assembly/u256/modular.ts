/** ADDMOD and MULMOD: exact intermediate results, 0 for modulus 0. `result` may be any operand. */
import { reserve } from "../memory/heap";
import { addCarry, less, sub } from "./add";
import { divideLimbs, modulo } from "./divide";
import { multiplyWide } from "./multiply";
import { copy32, isZero32, zero32 } from "./word";

const PRODUCT: usize = 0; // eight limbs
const LEFT: usize = 64;
const RIGHT: usize = 96;
const SCRATCH_SIZE: usize = 128;

let scratchPointer: usize = 0;

// @ts-ignore: decorator
@inline
function scratch(): usize {
  if (scratchPointer == 0) scratchPointer = reserve(SCRATCH_SIZE);
  return scratchPointer;
}

/** (a + b) mod modulus. */
export function addModulo(result: usize, a: usize, b: usize, modulus: usize): void {
  if (isZero32(modulus)) {
    zero32(result);
    return;
  }
  const space = scratch();
  const left = space + LEFT;
  const right = space + RIGHT;
  if (less(a, modulus)) copy32(left, a);
  else modulo(left, a, modulus);
  if (less(b, modulus)) copy32(right, b);
  else modulo(right, b, modulus);
  const carry = addCarry(left, left, right);
  if (carry != 0 || !less(left, modulus)) sub(result, left, modulus);
  else copy32(result, left);
}

/** a × b mod modulus. */
export function multiplyModulo(result: usize, a: usize, b: usize, modulus: usize): void {
  if (isZero32(modulus)) {
    zero32(result);
    return;
  }
  const product = scratch() + PRODUCT;
  multiplyWide(product, a, b);
  if (isAllOnes(modulus)) {
    foldProduct(result, product);
    return;
  }
  let limbs: u32 = 8;
  while (limbs > 4 && load<u64>(product + ((<usize>limbs - 1) << 3)) == 0) limbs--;
  if (limbs == 4 && less(product, modulus)) copy32(result, product);
  else divideLimbs(product, limbs, modulus, result);
}

function isAllOnes(word: usize): bool {
  return (load<u64>(word) & load<u64>(word, 8) & load<u64>(word, 16) & load<u64>(word, 24)) == <u64>-1;
}

/**
 * The product modulo 2^256 - 1. Solidity's 512-bit multiply-and-divide takes the high half of a product from this
 * modulus, so it deserves to cost no division: 2^256 is 1, the halves are added.
 */
function foldProduct(result: usize, product: usize): void {
  const carry = addCarry(product, product, product + 32);
  // The sum is at most 2^257 - 4, so after a carry the low part is at most 2^256 - 4 and takes the one that wraps round.
  if (carry != 0) increment(product);
  if (isAllOnes(product)) zero32(result);
  else copy32(result, product);
}

function increment(word: usize): void {
  for (let i: usize = 0; i < 32; i += 8) {
    const limb = load<u64>(word + i) + 1;
    store<u64>(word + i, limb);
    if (limb != 0) return;
  }
}
