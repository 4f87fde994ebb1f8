import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { TranslateError } from "../errors.ts";
import { Guest } from "../guest.ts";
import { decodeImage, encodeImage, imageHash } from "../image.ts";
import { moduleDifference } from "../testing/module-difference.ts";
import { qemuMissing, runUnderQemu } from "../testing/qemu.ts";
import { randomModule } from "../testing/random-module.ts";
import { name, signed, unsigned, vector, wasmModule } from "../testing/wasm-writer.ts";
import { I32, I64 } from "../wasm/opcodes.ts";
import { translate } from "./translate.ts";

const values = (seed: number): readonly [number, bigint] => [
  (seed * 77_777) | 0,
  BigInt.asIntN(64, BigInt(seed) * 0x9e3779b97f4a7c15n),
];

/** A module with one function `f` of this type and body, and a page of memory. */
function single(parameters: readonly number[], results: readonly number[], code: readonly number[]): Uint8Array {
  const body = [0, ...code, 0x0b];
  return wasmModule({
    1: vector([[0x60, ...vector(parameters.map((p) => [p])), ...vector(results.map((r) => [r]))]]),
    3: [1, 0],
    5: [1, 0, 1],
    7: vector([[...name("f"), 0, 0]]),
    10: vector([[...unsigned(body.length), ...body]]),
  });
}

describe("random modules", () => {
  it("compute, store and trap as under the JavaScript engine", () => {
    const verdicts = new Map<unknown, number>();
    for (let seed = 1; seed <= 100; seed++) {
      const verdict = moduleDifference(randomModule(seed), ...values(seed));
      expect(typeof verdict === "string" ? undefined : `module ${seed}: ${verdict.difference}`).toBeUndefined();
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    }
    expect(verdicts.get("equal")).toBeGreaterThan(50);
    expect(verdicts.get("trapped")).toBeGreaterThan(5);
  });

  it.skipIf(qemuMissing())("compute, store and trap as under QEMU", () => {
    for (let seed = 1; seed <= 12; seed++) {
      const { image } = translate(randomModule(seed));
      const [a, b] = values(seed);
      const theirs = runUnderQemu(image, "main", [BigInt(a), b], 4);
      const guest = new Guest(image);
      if (theirs === "trapped") expect(() => guest.call("main", a, b)).toThrow("trapped");
      else {
        expect(guest.call("main", a, b)).toBe(theirs.result);
        expect(Buffer.from(guest.read(0, guest.memorySize)).equals(theirs.memory)).toBe(true);
      }
    }
  });
});

describe("an image", () => {
  it("is the same for the same module, and survives encoding", () => {
    const wasm = readFileSync(createRequire(import.meta.url).resolve("@hyperion/kernel/program.wasm"));
    const [first, second] = [translate(wasm).image, translate(Uint8Array.from(wasm)).image];
    expect(imageHash(second)).toEqual(imageHash(first));
    expect(decodeImage(encodeImage(first))).toEqual(first);
  });

  it("is refused when its bytes are damaged", () => {
    const encoded = encodeImage(translate(randomModule(1)).image);
    expect(() => decodeImage(encoded.slice(0, -1))).toThrow("no image");
    expect(() => decodeImage(Uint8Array.from([...encoded, 0]))).toThrow("no image");
    for (const at of [0, 4, 8, 12]) {
      const damaged = encoded.slice();
      damaged[at + 3] = 0xff;
      expect(() => decodeImage(damaged)).toThrow("no image");
    }
  });
});

describe("traps", () => {
  const cases: Readonly<Record<string, readonly [code: readonly number[], values: readonly number[]]>> = {
    "division by zero": [
      [0x20, 0, 0x20, 1, 0x6d],
      [1, 0],
    ],
    "the overflow of a quotient": [
      [0x20, 0, 0x20, 1, 0x6d],
      [-(2 ** 31), -1],
    ],
    "a remainder by zero": [
      [0x20, 0, 0x20, 1, 0x70],
      [1, 0],
    ],
    "a load across the end": [
      [0x20, 0, 0x28, 0, 0],
      [65_533, 0],
    ],
    "an offset across the end": [
      [0x20, 0, 0x28, 0, ...unsigned(4000)],
      [61_533, 0],
    ],
    "a negative address": [
      [0x20, 0, 0x28, 0, 8],
      [-4, 0],
    ],
    "an offset of 4 GiB": [
      [0x20, 0, 0x2d, 0, ...unsigned(0xffff_ffff)],
      [1, 0],
    ],
    "a constant address behind the memory": [
      [0x41, ...signed(65_536n), 0x2d, 0, 0],
      [0, 0],
    ],
    "a copy across the end": [
      [0x41, 0, 0x20, 0, 0x41, 8, 0xfc, 10, 0, 0, 0x41, 0],
      [65_529, 0],
    ],
    "an empty fill behind the end": [
      [0x20, 0, 0x41, 0, 0x41, 0, 0xfc, 11, 0, 0x41, 0],
      [65_537, 0],
    ],
    unreachable: [[0x00], [0, 0]],
    "endless recursion": [
      [0x20, 0, 0x20, 1, 0x10, 0],
      [0, 0],
    ],
  };

  it.each(Object.entries(cases))("%s ends with a panic", (_, [code, [a, b]]) => {
    const wasm = single([I32, I32], [I32], code);
    const guest = new Guest(translate(wasm).image);
    expect(() => guest.call("f", a!, b!)).toThrow(expect.objectContaining({ code: "PANIC" }));
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>)).exports;
    expect(() => (f as (a: number, b: number) => number)(a!, b!)).toThrow();
  });

  it("does not come for what has a result", () => {
    const remainder = new Guest(translate(single([I32, I32], [I32], [0x20, 0, 0x20, 1, 0x6f])).image);
    expect(remainder.call("f", -(2 ** 31), -1)).toBe(0);
    const last = new Guest(translate(single([I32, I32], [I32], [0x20, 0, 0x28, 0, 0])).image);
    expect(last.call("f", 65_532, 0)).toBe(0);
  });
});

describe("translate", () => {
  const refused: Readonly<Record<string, readonly [code: string, wasm: Uint8Array]>> = {
    "bytes that are no module": ["INVALID_MODULE", Uint8Array.of(1, 2, 3)],
    "floats as parameters": ["UNSUPPORTED", single([0x7c], [], [])],
    "floats inside": ["UNSUPPORTED", single([], [], [0x43, 0, 0, 0, 0, 0x1a])],
    "several results": ["UNSUPPORTED", single([], [I32, I64], [0x41, 0, 0x42, 0])],
    vectors: ["UNSUPPORTED", single([], [], [0x41, 0, 0xfd, 0x0f, 0x1a])],
    "atomic operations": ["UNSUPPORTED", single([], [], [0xfe, 0x03, 0x00])],
    "no memory": ["UNSUPPORTED", wasmModule({})],
    "a memory over 2 GiB": ["TOO_LARGE", wasmModule({ 5: [1, 0, ...unsigned(40_000)] })],
  };

  it.each(Object.entries(refused))("refuses %s", (_, [code, wasm]) => {
    expect(() => translate(wasm)).toThrow(expect.objectContaining({ name: "TranslateError", code }));
    expect(() => translate(wasm)).toThrow(TranslateError);
  });
});

describe("a guest", () => {
  it("calls imports with their arguments and takes their answers", () => {
    const body = [0, 0x20, 0, 0x20, 1, 0x10, 0, 0x0b];
    const wasm = wasmModule({
      1: vector([[0x60, ...vector([[I32], [I64]]), 1, I32]]),
      2: vector([[...name("host"), ...name("ask"), 0, 0]]),
      3: [1, 0],
      5: [1, 0, 1],
      7: vector([[...name("f"), 0, 1]]),
      10: vector([[...unsigned(body.length), ...body]]),
    });
    const { image } = translate(wasm);
    const asked: unknown[] = [];
    const ask = (a: number, b: bigint): number => {
      asked.push([a, b]);
      return 0xffff_fffe;
    };
    expect(new Guest(image, { "host.ask": ask }).call("f", -1, -2n)).toBe(-2);
    expect(asked).toEqual([[-1, -2n]]);
    expect(() => new Guest(image).call("f", 0, 0n)).toThrow("nobody answers host.ask");
  });

  it("gives up at its limit of steps", () => {
    const endless = translate(single([], [], [0x03, 0x40, 0x0c, 0, 0x0b])).image;
    const guest = new Guest(endless, {}, { stepLimit: 1000n });
    expect(() => guest.call("f")).toThrow(expect.objectContaining({ code: "STEP_LIMIT" }));
    expect(guest.emulator.steps).toBe(1000n);
  });
});
