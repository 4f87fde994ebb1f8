// f32 matrix kernels of the trainer. WebAssembly f32 arithmetic is IEEE 754 with a fixed order here (no fused or relaxed
// operations), so training gives the same bits on every machine.

/** Room for B in strips of eight columns, and behind it for four rows of A. */
let PACKED_B: usize, PACKED_A: usize;

/** Takes scratch memory at `place` for matrices B of up to `b` floats and rows of A of up to `k`; returns its size in floats. */
export function gemmScratch(place: usize, b: i32, k: i32): i32 {
  PACKED_B = place;
  PACKED_A = place + ((<usize>b) << 2);
  return b + 4 * k;
}

/**
 * C[M, N] = A·B, or += when `accumulate`. A(i, k) lies at `a + (i·rowStride + k·columnStride)·4`, B[K, N] and C are
 * row-major with N elements per row. N is a multiple of 8. Both are packed in the order in which tiles read them: at
 * strides of powers of two their lines displace each other from the cache.
 */
export function gemm(
  a: usize,
  rowStride: i32,
  columnStride: i32,
  b: usize,
  c: usize,
  M: i32,
  N: i32,
  K: i32,
  accumulate: bool,
): void {
  const row: usize = (<usize>rowStride) << 2;
  const step: usize = (<usize>columnStride) << 2;
  const width: usize = (<usize>N) << 2;
  const strip: usize = (<usize>K) << 5;
  packStrips(b, width, K);
  let i = 0;
  for (; i + 4 <= M; i += 4) {
    packRows(a + <usize>i * row, row, step, K);
    let at = c + <usize>i * width;
    for (let p = PACKED_B, end = p + strip * <usize>(N >> 3); p < end; p += strip, at += 32) {
      tile4x8(p, at, width, K, accumulate);
    }
  }
  for (; i < M; i++) {
    let at = c + <usize>i * width;
    for (let p = PACKED_B, end = p + strip * <usize>(N >> 3); p < end; p += strip, at += 32) {
      tile1x8(a + <usize>i * row, step, p, at, K, accumulate);
    }
  }
}

/** B[K, N] to [N / 8][K][8]. */
function packStrips(b: usize, width: usize, K: i32): void {
  let to = PACKED_B;
  for (let j: usize = 0; j < width; j += 32) {
    let from = b + j;
    for (let k = 0; k < K; k++, from += width, to += 32) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    }
  }
}

/** Four rows of A to [K][4]. */
function packRows(a: usize, row: usize, step: usize, K: i32): void {
  let to = PACKED_A;
  for (let k = 0; k < K; k++, a += step, to += 16) {
    store<f32>(to, load<f32>(a));
    store<f32>(to, load<f32>(a + row), 4);
    store<f32>(to, load<f32>(a + 2 * row), 8);
    store<f32>(to, load<f32>(a + 3 * row), 12);
  }
}

@inline
function madd(x: v128, y: v128, sum: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, y));
}

@inline
function put(c: usize, low: v128, high: v128, accumulate: bool): void {
  if (accumulate) {
    low = f32x4.add(v128.load(c), low);
    high = f32x4.add(v128.load(c, 16), high);
  }
  v128.store(c, low);
  v128.store(c, high, 16);
}

function tile4x8(b: usize, c: usize, width: usize, K: i32, accumulate: bool): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  for (let a = PACKED_A, end = a + ((<usize>K) << 4); a < end; a += 16, b += 32) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load_splat<f32>(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load_splat<f32>(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load_splat<f32>(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
  }
  put(c, c00, c01, accumulate);
  put(c + width, c10, c11, accumulate);
  put(c + 2 * width, c20, c21, accumulate);
  put(c + 3 * width, c30, c31, accumulate);
}

function tile1x8(a: usize, step: usize, b: usize, c: usize, K: i32, accumulate: bool): void {
  let c0 = f32x4.splat(0), c1 = c0;
  for (let k = 0; k < K; k++, a += step, b += 32) {
    const x = v128.load_splat<f32>(a);
    c0 = madd(x, v128.load(b), c0);
    c1 = madd(x, v128.load(b, 16), c1);
  }
  put(c, c0, c1, accumulate);
}

/** Sum of a[i]·b[i]; n is a multiple of 4. */
export function dot(a: usize, b: usize, n: i32): f32 {
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < (<usize>n) << 2; i += 16) sum = madd(v128.load(a + i), v128.load(b + i), sum);
  return (
    f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3)
  );
}

/** y += factor·x; n is a multiple of 4. */
export function addScaled(factor: f32, x: usize, y: usize, n: i32): void {
  const f = f32x4.splat(factor);
  for (let i: usize = 0; i < (<usize>n) << 2; i += 16) v128.store(y + i, madd(f, v128.load(x + i), v128.load(y + i)));
}

/** target[columns, rows] = transpose of source[rows, columns]. */
export function transpose(source: usize, target: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      store<f32>(target + ((<usize>(c * rows + r)) << 2), load<f32>(source + ((<usize>(r * columns + c)) << 2)));
    }
  }
}
