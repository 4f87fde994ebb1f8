import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keccak_256 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

type Operation = (...operands: number[]) => number | bigint;

const KERNEL = fileURLToPath(new URL("..", import.meta.url));
const ASC = fileURLToPath(import.meta.resolve("assemblyscript/bin/asc.js"));
const MASK = (1n << 256n) - 1n;
const RUNS = { numRuns: 400 };

/** Compiles the test entry the way build.mjs compiles the kernel: with SIMD, or scalar as the fault-proof program. */
function compile(simd: boolean): WebAssembly.Instance {
  const folder = mkdtempSync(join(tmpdir(), "kernel-"));
  const output = join(folder, "test.wasm");
  const uses = ["TRACE=0", `SIMD=${simd ? 1 : 0}`, "GUEST=1"].flatMap((use) => ["--use", use]);
  const options = ["-O3", "--noAssert", "--runtime", "stub", ...(simd ? ["--enable", "simd"] : [])];
  spawnSync(process.execPath, ["spec/generate.mjs"], { cwd: KERNEL });
  const result = spawnSync(process.execPath, [ASC, "assembly/entry/test.ts", "-o", output, ...options, ...uses], {
    cwd: KERNEL,
  });
  if (result.status !== 0) throw new Error(`${result.stdout}${result.stderr}`);
  const module = new WebAssembly.Module(readFileSync(output));
  rmSync(folder, { recursive: true });
  return new WebAssembly.Instance(module, { env: { abort: () => undefined } });
}

/** Edge values are as likely as random ones: limbs of zeros and ones are where carries go wrong. */
const limb = fc.oneof(
  fc.bigInt(0n, (1n << 64n) - 1n),
  fc.constantFrom(0n, 1n, (1n << 64n) - 1n, 1n << 63n, (1n << 32n) - 1n),
);
const word = fc.oneof(
  fc.bigInt(0n, MASK),
  fc.bigInt(0n, 300n),
  fc.tuple(limb, limb, limb, limb).map(([a, b, c, d]) => (a << 192n) | (b << 128n) | (c << 64n) | d),
  fc.nat(255).map((n) => 1n << BigInt(n)),
  fc.nat(255).map((n) => MASK - (1n << BigInt(n)) + 1n),
);
const signed = (value: bigint): bigint => BigInt.asIntN(256, value);

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let bits = exponent, square = base; bits > 0n; bits >>= 1n, square = (square * square) & MASK) {
    if (bits & 1n) result = (result * square) & MASK;
  }
  return result;
}

describe.each([true, false])("u256 (SIMD: %s)", (simd) => {
  let operations: Record<string, Operation>;
  let memory: DataView;
  let space = 0;

  beforeAll(() => {
    const { exports } = compile(simd);
    operations = exports as Record<string, Operation>;
    space = Number(operations.reserve!(65536));
    memory = new DataView((exports.memory as WebAssembly.Memory).buffer);
  }, 60_000);

  const write = (index: number, value: bigint): number => {
    for (let i = 0; i < 4; i++) memory.setBigUint64(space + 32 * index + 8 * i, value >> BigInt(64 * i), true);
    return space + 32 * index;
  };
  const read = (index: number): bigint => {
    let value = 0n;
    for (let i = 3; i >= 0; i--) value = (value << 64n) | memory.getBigUint64(space + 32 * index + 8 * i, true);
    return value;
  };
  /** Runs `name(result, ...operands)` with the result in a place of its own and on top of each operand. */
  const apply = (name: string, operands: readonly bigint[]): bigint[] =>
    operands.concat(0n).map((_, target) => {
      memory = new DataView(memory.buffer);
      const pointers = operands.map((operand, i) => write(i, operand));
      operations[name]!(space + 32 * target, ...pointers);
      return read(target);
    });

  const binary: Record<string, (a: bigint, b: bigint) => bigint> = {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    multiply: (a, b) => a * b,
    divide: (a, b) => (b === 0n ? 0n : a / b),
    modulo: (a, b) => (b === 0n ? 0n : a % b),
    divideSigned: (a, b) => (b === 0n ? 0n : signed(a) / signed(b)),
    moduloSigned: (a, b) => (b === 0n ? 0n : signed(a) % signed(b)),
    exponentiate: power,
  };
  it.each(Object.keys(binary))("%s agrees with BigInt", (name) => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const expected = binary[name]!(a, b) & MASK;
        expect(apply(name, [a, b])).toEqual([expected, expected, expected]);
      }),
      RUNS,
    );
  });

  const ternary: Record<string, (a: bigint, b: bigint, m: bigint) => bigint> = {
    addModulo: (a, b, m) => (m === 0n ? 0n : (a + b) % m),
    multiplyModulo: (a, b, m) => (m === 0n ? 0n : (a * b) % m),
  };
  it.each(Object.keys(ternary))("%s agrees with BigInt", (name) => {
    fc.assert(
      fc.property(word, word, word, (a, b, m) => {
        const expected = ternary[name]!(a, b, m);
        expect(apply(name, [a, b, m])).toEqual([expected, expected, expected, expected]);
      }),
      { numRuns: 1500 },
    );
  });

  it("divides products by one of their factors exactly, remainder included", () => {
    fc.assert(
      fc.property(word, word, word, (quotient, divisor, rest) => {
        fc.pre(divisor > 0n && quotient * divisor + (rest % divisor) <= MASK);
        const numerator = quotient * divisor + (rest % divisor);
        expect(apply("divide", [numerator, divisor])[2]).toBe(quotient);
        expect(apply("modulo", [numerator, divisor])[2]).toBe(rest % divisor);
      }),
      RUNS,
    );
  });

  it("shifts, extends and picks bytes", () => {
    const amount = fc.oneof(fc.bigInt(0n, 300n), word);
    fc.assert(
      fc.property(word, amount, (value, n) => {
        const inPlace = (name: string, ...rest: unknown[]): bigint => {
          const [a, b] = [write(0, value), write(1, n)];
          (operations[name] as (...args: unknown[]) => void)(a, b, ...rest);
          return read(0);
        };
        const wide = n > 255n;
        expect(inPlace("shiftLeft")).toBe(wide ? 0n : (value << n) & MASK);
        expect(inPlace("shiftRight", 0n)).toBe(wide ? 0n : value >> n);
        const fill = signed(value) < 0n ? -1n : 0n;
        expect(inPlace("shiftRight", fill)).toBe((wide ? fill : signed(value) >> n) & MASK);
        expect(inPlace("signExtend")).toBe(n > 30n ? value : BigInt.asIntN(Number(n + 1n) * 8, value) & MASK);
        const byte = n > 31n ? 0n : (value >> (8n * (31n - n))) & 0xffn;
        expect(operations.byteAt!(write(0, value), write(1, n))).toBe(byte);
      }),
      RUNS,
    );
  });

  it("orders words", () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(Boolean(operations.less!(write(0, a), write(1, b)))).toBe(a < b);
        expect(Boolean(operations.lessSigned!(write(0, a), write(1, b)))).toBe(signed(a) < signed(b));
      }),
      RUNS,
    );
  });

  it("hashes as keccak-256 does, whatever the length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const buffer = new Uint8Array(memory.buffer);
        buffer.set(bytes, space);
        operations.keccak256!(space, bytes.length, space);
        expect(buffer.slice(space, space + 32)).toEqual(keccak_256(bytes));
      }),
      RUNS,
    );
  });
});
