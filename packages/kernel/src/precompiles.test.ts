import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { blake2b } from "@noble/hashes/blake2.js";
import { ripemd160 } from "@noble/hashes/legacy.js";
import { main as compile } from "assemblyscript/asc";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { FORKS, type ForkName } from "./types.ts";

interface Exports {
  allocate(bytes: number): number;
  setRules(fork: number, features: bigint): void;
  precompileId(address: number): number;
  setPrecompileMove(from: number, to: number): number;
  clearPrecompileMoves(): void;
  runPrecompile(id: number, input: number, len: number, gas: bigint): number;
  PRECOMPILE_GAS_LEFT: { value: bigint };
  PRECOMPILE_OUTPUT: { value: number };
  PRECOMPILE_OUTPUT_LEN: { value: number };
}

interface Result {
  status: "success" | "outOfGas" | "failure";
  output: Uint8Array;
  gasUsed: bigint;
}

const GAS = 1n << 40n;
const MODULE_OPTIONS = {
  simd: ["--sharedMemory", "--enable", "threads", "--enable", "simd", "--use", "SIMD=1", "--use", "GUEST=0"],
  scalar: ["--use", "SIMD=0", "--use", "GUEST=1"],
};

class Precompiles {
  readonly memory: WebAssembly.Memory;
  readonly exports: Exports;
  private readonly input: number;

  constructor(module: WebAssembly.Module, shared: boolean) {
    this.memory = new WebAssembly.Memory({ initial: 16, maximum: 1024, shared });
    const host = { curve: () => -1 };
    const env = { memory: this.memory, abort: () => expect.unreachable("abort") };
    this.exports = new WebAssembly.Instance(module, { host, env }).exports as unknown as Exports;
    this.input = this.exports.allocate(1 << 20);
  }

  run(address: number, input: Uint8Array, fork: ForkName = "osaka", gas: bigint = GAS): Result {
    this.exports.setRules(FORKS.indexOf(fork), 0n);
    const id = this.exports.precompileId(this.put(word(address, 20)));
    if (id === 0) return { status: "failure", output: new Uint8Array(), gasUsed: 0n };
    const status = this.exports.runPrecompile(id, this.put(input), input.length, gas);
    const start = this.exports.PRECOMPILE_OUTPUT.value;
    const output = new Uint8Array(this.memory.buffer).slice(start, start + this.exports.PRECOMPILE_OUTPUT_LEN.value);
    const name = status === 0 ? "success" : status === 2 ? "outOfGas" : "failure";
    return { status: name, output, gasUsed: gas - this.exports.PRECOMPILE_GAS_LEFT.value };
  }

  put(bytes: Uint8Array): number {
    new Uint8Array(this.memory.buffer).set(bytes, this.input);
    return this.input;
  }
}

let simd: Precompiles;
let scalar: Precompiles;

beforeAll(async () => {
  simd = new Precompiles(await build(MODULE_OPTIONS.simd), true);
  scalar = new Precompiles(await build(MODULE_OPTIONS.scalar), false);
});

async function build(options: string[]): Promise<WebAssembly.Module> {
  const entry = fileURLToPath(new URL("../assembly/precompiles/standalone.ts", import.meta.url));
  const common = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--maximumMemory", "1024"];
  let binary: Uint8Array | undefined;
  const { error, stderr } = await compile([entry, "-o", "out.wasm", ...common, "--use", "TRACE=0", ...options], {
    writeFile: (name, contents) => {
      if (name.endsWith("out.wasm")) binary = contents as Uint8Array;
    },
  });
  if (error !== null || binary === undefined) throw new Error(`asc: ${stderr.toString()}`, { cause: error });
  return new WebAssembly.Module(binary as Uint8Array<ArrayBuffer>);
}

function word(value: number | bigint, length = 32): Uint8Array {
  return fromHex(value.toString(16).padStart(2 * length, "0"));
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

describe("hash precompiles", () => {
  test("agree with reference implementations at every length around a block", () => {
    for (let length = 0; length < 200; length++) {
      const input = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
      const sha = createHash("sha256").update(input).digest("hex");
      expect(toHex(simd.run(2, input).output)).toBe(sha);
      expect(toHex(simd.run(3, input).output)).toBe("00".repeat(12) + toHex(ripemd160(input)));
      expect(toHex(simd.run(4, input).output)).toBe(toHex(input));
    }
  });

  test("charge per 32-byte word", () => {
    const input = new Uint8Array(33);
    expect(simd.run(2, input).gasUsed).toBe(84n);
    expect(simd.run(3, input).gasUsed).toBe(840n);
    expect(simd.run(4, input).gasUsed).toBe(21n);
    expect(simd.run(4, input, "osaka", 20n)).toEqual({ status: "outOfGas", output: new Uint8Array(), gasUsed: 20n });
  });
});

describe("BLAKE2 F", () => {
  const h =
    "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5" +
    "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b";
  const m = `616263${"00".repeat(125)}`;
  const t = `03${"00".repeat(15)}`;

  test("gives the results of EIP-152", () => {
    const vectors: [string, string, string][] = [
      [
        "00000000",
        "01",
        "08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b",
      ],
      [
        "0000000c",
        "01",
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
      ],
      [
        "0000000c",
        "00",
        "75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d2875298743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735",
      ],
      [
        "00000001",
        "01",
        "b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fba551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421",
      ],
    ];
    for (const [rounds, final, expected] of vectors) {
      const input = fromHex(rounds + h + m + t + final);
      for (const build of [simd, scalar]) {
        const result = build.run(9, input);
        expect(toHex(result.output)).toBe(expected);
        expect(result.gasUsed).toBe(BigInt(`0x${rounds}`));
      }
    }
  });

  test("twelve rounds are the compression of BLAKE2b", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 128 }), (message) => {
        const block = new Uint8Array(128);
        block.set(message);
        const input = concat(
          fromHex(`0000000c${h}`),
          block,
          Uint8Array.of(message.length),
          new Uint8Array(15),
          word(1, 1),
        );
        expect(toHex(simd.run(9, input).output)).toBe(toHex(blake2b(message)));
      }),
    );
  });

  test("the two builds agree on any state and number of rounds", () => {
    fc.assert(
      fc.property(fc.nat(300), fc.uint8Array({ minLength: 208, maxLength: 208 }), fc.nat(1), (rounds, body, final) => {
        const input = concat(word(rounds, 4), body, word(final, 1));
        expect(simd.run(9, input)).toEqual(scalar.run(9, input));
      }),
    );
  });

  test("fails on a wrong length or final flag", () => {
    const good = fromHex(`0000000c${h}${m}${t}01`);
    expect(simd.run(9, good).status).toBe("success");
    expect(simd.run(9, good.subarray(1)).status).toBe("failure");
    expect(simd.run(9, concat(good, word(0, 1))).status).toBe("failure");
    expect(simd.run(9, new Uint8Array()).status).toBe("failure");
    good[212] = 2;
    expect(simd.run(9, good).status).toBe("failure");
  });
});

describe("modexp", () => {
  function encode(base: Uint8Array, exponent: Uint8Array, modulus: Uint8Array): Uint8Array {
    return concat(word(base.length), word(exponent.length), word(modulus.length), base, exponent, modulus);
  }

  function bigint(bytes: Uint8Array): bigint {
    return BigInt(`0x0${toHex(bytes)}`);
  }

  function expected(base: Uint8Array, exponent: Uint8Array, modulus: Uint8Array): string {
    const m = bigint(modulus);
    if (modulus.length === 0) return "";
    let result = m <= 1n ? 0n : 1n;
    if (m > 1n) {
      for (const bit of bigint(exponent).toString(2)) {
        result = (result * result) % m;
        if (bit === "1") result = (result * bigint(base)) % m;
      }
    }
    return toHex(word(result, modulus.length));
  }

  const bytes = (max: number): fc.Arbitrary<Uint8Array> =>
    fc.oneof(
      fc.uint8Array({ maxLength: max }),
      fc.uint8Array({ minLength: max, maxLength: max }),
      fc.array(fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff), { maxLength: max }).map((a) => Uint8Array.from(a)),
    );

  test("agrees with bigint arithmetic for odd, even and power-of-two moduli", () => {
    fc.assert(
      fc.property(bytes(80), bytes(40), bytes(80), fc.nat(80), (base, exponent, modulus, zeros) => {
        for (const m of [
          modulus,
          concat(modulus, new Uint8Array(zeros)),
          concat(word(1 << (zeros % 8), 1), new Uint8Array(zeros)),
        ]) {
          const want = expected(base, exponent, m);
          expect(toHex(simd.run(5, encode(base, exponent, m)).output)).toBe(want);
          expect(toHex(scalar.run(5, encode(base, exponent, m)).output)).toBe(want);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("agrees with bigint arithmetic on operands of 1024 bytes and more", () => {
    const fill = (length: number, seed: number): Uint8Array =>
      Uint8Array.from({ length }, (_, i) => createHash("sha256").update(`${seed} ${i}`).digest()[0]!);
    for (const [b, e, m] of [
      [1024, 3, 1024],
      [1000, 20, 1023],
      [5000, 4, 1024],
      [1024, 6, 5000],
      [3, 1024, 64],
    ] as const) {
      const [base, exponent, modulus] = [fill(b, 1), fill(e, 2), fill(m, 3)];
      for (const low of [1, 2, 0]) {
        modulus[m - 1] = low;
        const result = simd.run(5, encode(base, exponent, modulus), "berlin", 1n << 60n);
        expect(toHex(result.output)).toBe(expected(base, exponent, modulus));
      }
    }
  });

  test("reads operands past the end of the input as zeros", () => {
    const full = encode(word(3, 2), word(5, 1), word(7, 2));
    const cut = concat(word(2), word(1), word(2), word(3, 2), word(5, 1), word(7, 2).subarray(0, 1));
    expect(toHex(simd.run(5, full).output)).toBe("0005");
    expect(toHex(simd.run(5, cut).output)).toBe("0000");
    expect(toHex(simd.run(5, concat(word(0), word(0), word(3))).output)).toBe("000000");
    expect(simd.run(5, new Uint8Array(), "byzantium")).toMatchObject({ status: "success", gasUsed: 0n });
  });

  test("charges by the rule of its fork", () => {
    const fermat = encode(
      word(3, 1),
      fromHex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e"),
      fromHex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
    );
    expect(toHex(simd.run(5, fermat).output)).toBe(toHex(word(1)));
    expect(simd.run(5, fermat, "byzantium").gasUsed).toBe(13056n);
    expect(simd.run(5, fermat, "berlin").gasUsed).toBe(1360n);
    expect(simd.run(5, fermat, "osaka").gasUsed).toBe(4080n);
    expect(simd.run(5, new Uint8Array(), "berlin").gasUsed).toBe(200n);
    expect(simd.run(5, new Uint8Array(), "osaka").gasUsed).toBe(500n);
  });

  test("refuses unpayable and, from Osaka on, oversized lengths", () => {
    const huge = fromHex("ff".repeat(96));
    expect(simd.run(5, huge, "byzantium", (1n << 63n) - 1n).status).toBe("outOfGas");
    expect(simd.run(5, huge, "berlin", (1n << 63n) - 1n).status).toBe("outOfGas");
    expect(simd.run(5, huge, "osaka", (1n << 63n) - 1n).status).toBe("outOfGas");
    expect(simd.run(5, concat(word(0), word(1025), word(0)), "osaka").status).toBe("failure");
    expect(simd.run(5, concat(word(0), word(1024), word(0)), "osaka").status).toBe("success");
    expect(simd.run(5, concat(word(0), huge.subarray(32, 64), word(0)), "berlin").gasUsed).toBe(200n);
  });
});

describe("precompile addresses", () => {
  const exists = (address: number, fork: ForkName): boolean => {
    simd.exports.setRules(FORKS.indexOf(fork), 0n);
    return simd.exports.precompileId(simd.put(word(address, 20))) !== 0;
  };

  test("appear with their fork", () => {
    const last: [ForkName, number][] = [
      ["frontier", 4],
      ["spuriousDragon", 4],
      ["byzantium", 8],
      ["istanbul", 9],
      ["cancun", 10],
      ["prague", 17],
      ["osaka", 17],
    ];
    for (const [fork, count] of last) {
      for (let address = 0; address < 32; address++) {
        expect(exists(address, fork)).toBe(address >= 1 && address <= count);
      }
    }
    expect(exists(0x100, "prague")).toBe(false);
    expect(exists(0x100, "osaka")).toBe(true);
    expect(exists(0x999, "osaka")).toBe(false);
    expect(exists(0x0200, "osaka")).toBe(false);
    expect(exists(2 ** 40 + 1, "osaka")).toBe(false);
  });

  test("move and return", () => {
    simd.exports.setRules(FORKS.indexOf("osaka"), 0n);
    const id = (address: number): number => simd.exports.precompileId(simd.put(word(address, 20)));
    const move = (from: number, to: number): number => {
      const at = simd.put(concat(word(from, 20), word(0, 12), word(to, 20)));
      return simd.exports.setPrecompileMove(at, at + 32);
    };
    expect(move(2, 0x123456)).toBe(1);
    expect(move(2, 0x777)).toBe(0);
    expect([id(2), id(0x123456), id(3)]).toEqual([0, 2, 3]);
    simd.exports.clearPrecompileMoves();
    expect([id(2), id(0x123456)]).toEqual([2, 0]);
  });
});
