/** Bitwise operations on words. */

// @ts-ignore: decorator
@inline
export function and(result: usize, a: usize, b: usize): void {
  if (SIMD) {
    v128.store(result, v128.and(v128.load(a), v128.load(b)));
    v128.store(result, v128.and(v128.load(a, 16), v128.load(b, 16)), 16);
  } else {
    store<u64>(result, load<u64>(a) & load<u64>(b));
    store<u64>(result, load<u64>(a, 8) & load<u64>(b, 8), 8);
    store<u64>(result, load<u64>(a, 16) & load<u64>(b, 16), 16);
    store<u64>(result, load<u64>(a, 24) & load<u64>(b, 24), 24);
  }
}

// @ts-ignore: decorator
@inline
export function or(result: usize, a: usize, b: usize): void {
  if (SIMD) {
    v128.store(result, v128.or(v128.load(a), v128.load(b)));
    v128.store(result, v128.or(v128.load(a, 16), v128.load(b, 16)), 16);
  } else {
    store<u64>(result, load<u64>(a) | load<u64>(b));
    store<u64>(result, load<u64>(a, 8) | load<u64>(b, 8), 8);
    store<u64>(result, load<u64>(a, 16) | load<u64>(b, 16), 16);
    store<u64>(result, load<u64>(a, 24) | load<u64>(b, 24), 24);
  }
}

// @ts-ignore: decorator
@inline
export function xor(result: usize, a: usize, b: usize): void {
  if (SIMD) {
    v128.store(result, v128.xor(v128.load(a), v128.load(b)));
    v128.store(result, v128.xor(v128.load(a, 16), v128.load(b, 16)), 16);
  } else {
    store<u64>(result, load<u64>(a) ^ load<u64>(b));
    store<u64>(result, load<u64>(a, 8) ^ load<u64>(b, 8), 8);
    store<u64>(result, load<u64>(a, 16) ^ load<u64>(b, 16), 16);
    store<u64>(result, load<u64>(a, 24) ^ load<u64>(b, 24), 24);
  }
}

// @ts-ignore: decorator
@inline
export function not(word: usize): void {
  if (SIMD) {
    v128.store(word, v128.not(v128.load(word)));
    v128.store(word, v128.not(v128.load(word, 16)), 16);
  } else {
    store<u64>(word, ~load<u64>(word));
    store<u64>(word, ~load<u64>(word, 8), 8);
    store<u64>(word, ~load<u64>(word, 16), 16);
    store<u64>(word, ~load<u64>(word, 24), 24);
  }
}
