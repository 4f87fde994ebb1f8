import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTensorUnit } from "./tensor.ts";

const units = [createTensorUnit("simd"), createTensorUnit("scalar")] as const;
const GAS = 100_000_000n;
const I32 = 2n ** 31n;

const byte = (value: number): number[] => [value & 0xff];
const word = (value: number): number[] => [
  (value >> 24) & 0xff,
  (value >> 16) & 0xff,
  (value >> 8) & 0xff,
  value & 0xff,
];
const pack = (size: number, values: readonly number[]): number[] =>
  values.flatMap((value) => Array.from({ length: size }, (_, i) => (value >> (8 * (size - 1 - i))) & 0xff));
const unpack = (size: number, bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length / size }, (_, i) => Buffer.from(bytes).readIntBE(i * size, size));

/** Output of both builds, which must be the same. */
const run = (...input: (readonly number[])[]): Uint8Array => {
  const bytes = Uint8Array.from(input.flat());
  const [simd, scalar] = units.map((unit) => unit(bytes, GAS));
  expect(simd).toEqual(scalar);
  expect(simd!.status).toBe(0);
  return simd!.output;
};
const saturate = (x: bigint): number => Number(x >= I32 ? I32 - 1n : x < -I32 ? -I32 : x);
const round = (x: bigint, shift: number): bigint =>
  shift === 0 ? x : (x + (1n << BigInt(shift - 1))) >> BigInt(shift);

const size = fc.constantFrom(1, 2);
const elements = (bytes: number, length: number): fc.Arbitrary<number[]> => {
  const most = 2 ** (8 * bytes - 1);
  const element = fc.oneof(fc.constantFrom(-most, most - 1, 0), fc.integer({ min: -most, max: most - 1 }));
  return fc.array(element, { minLength: length, maxLength: length });
};
const runs = { numRuns: 150 };

describe("tensor operations are what the specification says, in both builds", () => {
  it("matmul", () => {
    const shape = fc.tuple(
      size,
      size,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 4 }),
    );
    const property = shape.chain(([sa, sb, m, k, n]) =>
      fc.tuple(fc.constant([sa, sb, m, k, n] as const), elements(sa, m * k), elements(sb, n * k)),
    );
    fc.assert(
      fc.property(property, ([[sa, sb, m, k, n], a, b]) => {
        const out = run(byte(1), byte(sa), byte(sb), word(m), word(k), word(n), pack(sa, a), pack(sb, b));
        const expected = Array.from({ length: m * n }, (_, at) => {
          let sum = 0n;
          for (let i = 0; i < k; i++) sum += BigInt(a[Math.floor(at / n) * k + i]!) * BigInt(b[(at % n) * k + i]!);
          return saturate(sum);
        });
        expect(unpack(4, out)).toEqual(expected);
      }),
      runs,
    );
  });

  it("conv2d and max pooling", () => {
    const small = fc.integer({ min: 1, max: 6 });
    const shape = fc
      .record({
        sa: size,
        sb: size,
        h: small,
        w: small,
        c: small,
        f: small,
        kh: small,
        kw: small,
        stride: fc.integer({ min: 1, max: 3 }),
        padding: fc.nat(2),
      })
      .filter(({ h, w, kh, kw, padding: p }) => p < Math.min(kh, kw) && kh <= h + 2 * p && kw <= w + 2 * p);
    const property = shape.chain((s) =>
      fc.tuple(fc.constant(s), elements(s.sa, s.h * s.w * s.c), elements(s.sb, s.f * s.kh * s.kw * s.c)),
    );
    fc.assert(
      fc.property(property, ([{ sa, sb, h, w, c, f, kh, kw, stride, padding }, image, filters]) => {
        const dims = [h, w, c, f, kh, kw, stride, padding].flatMap(word);
        const out = run(byte(2), byte(sa), byte(sb), dims, pack(sa, image), pack(sb, filters));
        const oh = Math.floor((h + 2 * padding - kh) / stride) + 1;
        const ow = Math.floor((w + 2 * padding - kw) / stride) + 1;
        const expected: number[] = [];
        for (let y = 0; y < oh; y++)
          for (let x = 0; x < ow; x++)
            for (let j = 0; j < f; j++) {
              let sum = 0n;
              for (let dy = 0; dy < kh; dy++)
                for (let dx = 0; dx < kw; dx++)
                  for (let i = 0; i < c; i++) {
                    const row = y * stride - padding + dy;
                    const column = x * stride - padding + dx;
                    if (row < 0 || row >= h || column < 0 || column >= w) continue;
                    sum +=
                      BigInt(image[(row * w + column) * c + i]!) * BigInt(filters[((j * kh + dy) * kw + dx) * c + i]!);
                  }
              expected.push(saturate(sum));
            }
        expect(unpack(4, out)).toEqual(expected);
        const window = Math.min(h, w, kh);
        const pooled = run(byte(3), byte(sa), [h, w, c, window, stride].flatMap(word), pack(sa, image));
        const largest: number[] = [];
        for (let y = 0; y + window <= h; y += stride)
          for (let x = 0; x + window <= w; x += stride)
            for (let i = 0; i < c; i++) {
              const seen = Array.from(
                { length: window * window },
                (_, at) => image[((y + Math.floor(at / window)) * w + x + (at % window)) * c + i]!,
              );
              largest.push(Math.max(...seen));
            }
        expect(unpack(sa, pooled)).toEqual(largest);
      }),
      runs,
    );
  });

  it("add, mul and requantise, with operands that repeat", () => {
    const shape = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.nat(62), size);
    const property = shape.chain(([count, times, shift, bytes]) =>
      fc.tuple(fc.constant([shift, bytes] as const), elements(4, count * times), elements(4, count)),
    );
    fc.assert(
      fc.property(property, ([[shift, bytes], a, b]) => {
        const lengths = [word(a.length), word(b.length)].flat();
        const operands = [...pack(4, a), ...pack(4, b)];
        const other = (i: number): bigint => BigInt(b[i % b.length]!);
        expect(unpack(4, run(byte(4), lengths, operands))).toEqual(a.map((x, i) => saturate(BigInt(x) + other(i))));
        const products = a.map((x, i) => round(BigInt(x) * other(i), shift));
        expect(unpack(4, run(byte(5), byte(shift), lengths, operands))).toEqual(products.map(saturate));
        const most = bytes === 1 ? 127 : 32767;
        const clamped = products.map((x) => Number(x < 0n ? 0n : x > BigInt(most) ? BigInt(most) : x));
        expect(unpack(bytes, run(byte(6), byte(bytes), word(0), word(most), byte(shift), lengths, operands))).toEqual(
          clamped,
        );
      }),
      runs,
    );
  });

  it("tables, clamping and widening", () => {
    const property = size.chain((bytes) =>
      fc.tuple(
        fc.constant(bytes),
        fc.integer({ min: 1, max: 30 }).chain((n) => elements(1, n)),
        elements(bytes, 256),
      ),
    );
    fc.assert(
      fc.property(property, ([bytes, x, table]) => {
        const looked = run(byte(7), byte(bytes), word(x.length), pack(1, x), pack(bytes, table));
        expect(unpack(bytes, looked)).toEqual(x.map((value) => table[value + 128]));
        const wide = run(byte(9), byte(1), pack(1, x));
        expect(unpack(4, wide)).toEqual(x);
        expect(unpack(4, run(byte(8), word(-5), word(7), [...wide]))).toEqual(
          x.map((value) => Math.max(-5, Math.min(7, value))),
        );
      }),
      runs,
    );
  });

  it("softmax, arg-max and top-k", () => {
    const property = fc.integer({ min: 1, max: 40 }).chain((n) => elements(4, n));
    fc.assert(
      fc.property(property, fc.integer({ min: 1, max: 8 }), (x, wanted) => {
        const sorted = x.map((value, i) => [i, value] as const).sort((p, q) => q[1] - p[1] || p[0] - q[0]);
        expect(unpack(4, run(byte(11), pack(4, x)))).toEqual([sorted[0]![0]]);
        const k = Math.min(wanted, x.length);
        expect(unpack(4, run(byte(12), byte(k), pack(4, x)))).toEqual(sorted.slice(0, k).flat());
        const exact = x.map((value) => Math.exp((value - sorted[0]![1]) / 65536));
        const total = exact.reduce((sum, value) => sum + value, 0);
        const shares = unpack(4, run(byte(10), pack(4, x)));
        for (const [i, share] of shares.entries())
          expect(Math.abs(share / 65536 - exact[i]! / total)).toBeLessThan(2e-4);
      }),
      runs,
    );
  });

  it("dot product and cosine", () => {
    const property = fc
      .tuple(size, fc.integer({ min: 1, max: 50 }))
      .chain(([bytes, n]) => fc.tuple(fc.constant(bytes), elements(bytes, n), elements(bytes, n)));
    const product = (a: readonly number[], b: readonly number[]): bigint =>
      a.reduce((sum, x, i) => sum + BigInt(x) * BigInt(b[i]!), 0n);
    fc.assert(
      fc.property(property, ([bytes, a, b]) => {
        const operands = [...word(a.length), ...pack(bytes, a), ...pack(bytes, b)];
        const ab = product(a, b);
        expect(Buffer.from(run(byte(13), byte(bytes), operands)).readBigInt64BE()).toBe(ab);
        const norm = Math.sqrt(Number(product(a, a))) * Math.sqrt(Number(product(b, b)));
        const [cosine] = unpack(4, run(byte(14), byte(bytes), operands));
        expect(Math.abs(cosine! / 65536 - (norm === 0 ? 0 : Number(ab) / norm))).toBeLessThan(2e-5);
      }),
      runs,
    );
  });
});

describe("what is not as specified", () => {
  const refused = (...input: (readonly number[])[]): void => {
    const bytes = Uint8Array.from(input.flat());
    for (const unit of units) {
      const outcome = unit(bytes, 1_000n);
      expect(outcome.status).toBe(1);
      expect(Buffer.from(outcome.output).toString("hex")).toBe("39c51331");
      expect(outcome.gasLeft).toBe(800n);
    }
  };

  it("reverts with its reason, for little gas", () => {
    refused([]);
    refused([0]);
    refused([99]);
    refused(byte(1), byte(1), byte(3), word(1), word(1), word(1), [1, 1]);
    refused(byte(1), byte(1), byte(1), word(1), word(2), word(1), [1, 1, 1]);
    refused(byte(1), byte(1), byte(1), word(0xffffffff), word(1), word(1), [1, 1]);
    refused(byte(2), byte(1), byte(1), [2, 2, 1, 1, 1, 1, 1, 1].flatMap(word), [1, 2, 3, 4, 1]);
    refused(byte(6), byte(1), word(-129), word(0), byte(0), word(1), word(1), word(1), word(1));
    refused(byte(4), word(3), word(2), pack(4, [1, 2, 3, 4, 5]));
    refused(byte(12), byte(3), pack(4, [1, 2]));
    refused(byte(14), byte(1), word(2), [1, 2, 3]);
  });

  it("never traps, whatever the input, and agrees between builds", () => {
    const dims = fc.array(fc.oneof(fc.nat(5), fc.integer(), fc.constantFrom(2 ** 18, 65536, 1)), { maxLength: 9 });
    const input = fc.tuple(fc.nat(15), fc.uint8Array({ maxLength: 2 }), dims, fc.uint8Array({ maxLength: 600 }));
    fc.assert(
      fc.property(input, fc.bigInt({ min: 0n, max: 5_000n }), ([operation, sizes, lengths, data], gas) => {
        const bytes = Uint8Array.from([operation, ...sizes, ...lengths.flatMap(word), ...data]);
        const [simd, scalar] = units.map((unit) => unit(bytes, gas));
        expect(simd).toEqual(scalar);
        expect(simd!.gasLeft).toBeLessThanOrEqual(gas);
      }),
      { numRuns: 3_000 },
    );
  });

  it("takes all gas when there is not enough", () => {
    const input = Uint8Array.from([
      ...byte(1),
      ...byte(1),
      ...byte(1),
      ...word(1),
      ...word(16),
      ...word(1),
      ...new Array(32).fill(1),
    ]);
    for (const unit of units) {
      expect(unit(input, 199n)).toMatchObject({ status: 2, gasLeft: 0n });
      expect(unit(input, 206n)).toMatchObject({ status: 2, gasLeft: 0n });
      expect(unit(input, 207n)).toMatchObject({ status: 0, gasLeft: 0n });
    }
  });
});
