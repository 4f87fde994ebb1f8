// f32 matrix kernels of the trainer. WebAssembly f32 arithmetic is IEEE 754 with a fixed order here (no fused or relaxed
// operations), so training gives the same bits on every machine.

/**
 * C[M, N] = A·B, or += when `accumulate`. A(i, k) lies at `a + (i·rowStride + k·columnStride)·4`, B[K, N] and C are
 * row-major with N elements per row. N is a multiple of 8.
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
  let i = 0;
  for (; i + 4 <= M; i += 4) {
    for (let j: usize = 0; j < width; j += 32) {
      tile4x8(a + <usize>i * row, row, step, b + j, c + <usize>i * width + j, width, K, accumulate);
    }
  }
  for (; i < M; i++) {
    for (let j: usize = 0; j < width; j += 32) {
      tile1x8(a + <usize>i * row, step, b + j, c + <usize>i * width + j, width, K, accumulate);
    }
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

function tile4x8(a: usize, row: usize, step: usize, b: usize, c: usize, width: usize, K: i32, accumulate: bool): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  let a1 = a + row, a2 = a1 + row, a3 = a2 + row;
  for (let k = 0; k < K; k++) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load_splat<f32>(a1);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load_splat<f32>(a2);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load_splat<f32>(a3);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    a += step;
    a1 += step;
    a2 += step;
    a3 += step;
    b += width;
  }
  put(c, c00, c01, accumulate);
  put(c + width, c10, c11, accumulate);
  put(c + 2 * width, c20, c21, accumulate);
  put(c + 3 * width, c30, c31, accumulate);
}

function tile1x8(a: usize, step: usize, b: usize, c: usize, width: usize, K: i32, accumulate: bool): void {
  let c0 = f32x4.splat(0), c1 = c0;
  for (let k = 0; k < K; k++) {
    const x = v128.load_splat<f32>(a);
    c0 = madd(x, v128.load(b), c0);
    c1 = madd(x, v128.load(b, 16), c1);
    a += step;
    b += width;
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
