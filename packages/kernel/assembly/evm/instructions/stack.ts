/** PUSH, DUP and SWAP. */
import { PUSH_MASKS } from "../../generated/push-masks";
import { copy32, loadBE } from "../../u256/word";

/** PUSHn with n >= 1: the bytes before `end` are the immediate; those before it are masked away. */
// @ts-ignore: decorator
@inline
export function push(sp: usize, end: usize, bytes: u32): void {
  loadBE(sp, end - 32);
  const mask = PUSH_MASKS + (<usize>bytes << 5);
  if (SIMD) {
    v128.store(sp, v128.and(v128.load(sp), v128.load(mask)));
    v128.store(sp, v128.and(v128.load(sp, 16), v128.load(mask, 16)), 16);
  } else {
    store<u64>(sp, load<u64>(sp) & load<u64>(mask));
    store<u64>(sp, load<u64>(sp, 8) & load<u64>(mask, 8), 8);
    store<u64>(sp, load<u64>(sp, 16) & load<u64>(mask, 16), 16);
    store<u64>(sp, load<u64>(sp, 24) & load<u64>(mask, 24), 24);
  }
}

/** Copies the word `distance` bytes below the new top. */
// @ts-ignore: decorator
@inline
export function duplicate(sp: usize, distance: usize): void {
  copy32(sp, sp - distance);
}

// @ts-ignore: decorator
@inline
export function swap(a: usize, b: usize): void {
  if (SIMD) {
    const low = v128.load(a);
    const high = v128.load(a, 16);
    copy32(a, b);
    v128.store(b, low);
    v128.store(b, high, 16);
  } else {
    const limb0 = load<u64>(a);
    const limb1 = load<u64>(a, 8);
    const limb2 = load<u64>(a, 16);
    const limb3 = load<u64>(a, 24);
    copy32(a, b);
    store<u64>(b, limb0);
    store<u64>(b, limb1, 8);
    store<u64>(b, limb2, 16);
    store<u64>(b, limb3, 24);
  }
}
