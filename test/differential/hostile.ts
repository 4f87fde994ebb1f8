import type { Scenario } from "./scenario.ts";

export interface HostileProgram {
  readonly name: string;
  readonly code: Uint8Array;
}

const SELF = new Uint8Array(20).fill(0xa1);
const LOOPED = [0xd4, 0xd5].map((byte) => new Uint8Array(20).fill(byte));

const repeat = (bytes: readonly number[], times: number): number[] => Array.from({ length: times }, () => bytes).flat();
const push32 = (value: bigint): number[] => [0x7f, ...Buffer.from(value.toString(16).padStart(64, "0"), "hex")];
const push20 = (address: Uint8Array): number[] => [0x73, ...address];

/** Runs `body` again and again until the gas ends. */
const forever = (...body: number[]): Uint8Array => Uint8Array.from([0x5b, ...body, 0x5f, 0x56]);

/** CALL with all gas; `input` and `output` are memory lengths from offset zero. */
const call = (to: readonly number[], input: number[] = [0x5f], output: number[] = [0x5f]): number[] => [
  ...output,
  0x5f,
  ...input,
  0x5f,
  0x5f,
  ...to,
  0x5a,
  0xf1,
  0x50,
];

const MAX_CODE = 24_576;
/** Modular exponentiation header: lengths of base, exponent and modulus. */
const modexpLengths = (base: bigint, exponent: bigint, modulus: bigint): number[] =>
  [base, exponent, modulus].flatMap((length, index) => [...push32(length), 0x60, index * 32, 0x52]);
const modexp = [0x60, 0x05];
const pairing = [0x60, 0x08];
const blake2f = [0x60, 0x09];

/** Code written to slow an implementation down, exhaust its memory or its native stack, or reach the unusual. */
export const HOSTILE_PROGRAMS: readonly HostileProgram[] = [
  { name: "a jump across a contract full of jump destinations", code: farJump(0x5b) },
  { name: "a jump across a contract full of push data", code: farJump(0x5b, 0x60) },
  { name: "jumps into push data", code: Uint8Array.from([0x60, 0x04, 0x56, 0x60, 0x5b]) },
  { name: "init code full of jump destinations, created for ever", code: creations() },
  { name: "memory beyond any machine", code: Uint8Array.from([0x60, 1, ...push32(2n ** 255n), 0x52]) },
  { name: "memory just below 2^32", code: Uint8Array.from([0x60, 1, 0x63, 0xff, 0xff, 0xff, 0xe0, 0x52]) },
  { name: "memory growing word by word", code: forever(0x59, 0x59, 0x52) },
  {
    name: "copies of everything at offsets beyond 2^64",
    code: Uint8Array.from([0x60, 32, ...push32(2n ** 70n), 0x5f, 0x37, 0x00]),
  },
  { name: "a call with a return buffer beyond 2^64", code: Uint8Array.from(call([0x30], [0x5f], push32(2n ** 65n))) },
  { name: "return data read past its end", code: Uint8Array.from([0x60, 1, 0x5f, 0x5f, 0x3e]) },
  { name: "itself called to any depth", code: forever(...call([0x30])) },
  { name: "itself delegate-called to any depth", code: forever(0x5f, 0x5f, 0x5f, 0x5f, 0x30, 0x5a, 0xf4, 0x50) },
  { name: "its own code created to any depth", code: recursiveCreation() },
  {
    name: "delegations that point at each other",
    code: forever(...call(push20(LOOPED[0]!)), ...call(push20(LOOPED[1]!))),
  },
  {
    name: "modexp of lengths beyond 2^64",
    code: forever(...modexpLengths(2n ** 255n, 2n ** 255n, 2n ** 255n), ...call(modexp, [0x60, 96])),
  },
  {
    name: "modexp of 1024-byte numbers",
    code: forever(
      ...modexpLengths(1024n, 1024n, 1024n),
      0x60,
      0xff,
      0x61,
      0x08,
      0x5f,
      0x53,
      ...call(modexp, [0x61, 0x0c, 0x60]),
    ),
  },
  { name: "modexp of a zero modulus", code: forever(...modexpLengths(32n, 32n, 32n), ...call(modexp, [0x60, 192])) },
  { name: "pairings of the point at infinity", code: forever(...call(pairing, [0x61, 0x01, 0x80])) },
  {
    name: "pairings of points off the curve",
    code: forever(0x60, 7, 0x60, 31, 0x53, ...call(pairing, [0x61, 0x01, 0x80])),
  },
  {
    name: "BLAKE2 with more rounds than gas",
    code: forever(0x63, 0xff, 0xff, 0xff, 0xff, 0x60, 0xe0, 0x1b, 0x5f, 0x52, ...call(blake2f, [0x60, 213])),
  },
  { name: "a stack filled to its limit", code: Uint8Array.from(repeat([0x5f], 1025)) },
  { name: "a stack filled by duplication", code: forever(0x5f, ...repeat([0x80], 1000)) },
  { name: "a push cut off by the end of the code", code: Uint8Array.from([0x5f, 0x7f, 0xff]) },
  { name: "storage written everywhere", code: forever(0x5a, 0x5a, 0x55) },
  { name: "storage read everywhere", code: forever(0x5a, 0x54, 0x50) },
  { name: "accounts looked at everywhere", code: forever(0x5a, 0x31, 0x50, 0x5a, 0x3f, 0x50) },
  { name: "logs of much memory", code: forever(0x61, 0x10, 0x00, 0x5f, 0xa0) },
  { name: "hashes of much memory", code: forever(0x61, 0x10, 0x00, 0x5f, 0x20, 0x50) },
  { name: "exponents of 32 bytes", code: forever(...push32(2n ** 256n - 1n), 0x60, 3, 0x0a, 0x50) },
  {
    name: "divisions of wide numbers",
    code: forever(...push32(2n ** 129n - 25n), ...push32(2n ** 256n - 189n), 0x04, 0x50),
  },
];

function farJump(...filler: number[]): Uint8Array {
  const end = MAX_CODE - 4;
  const start = [0x61, end >> 8, end & 0xff, 0x56];
  const fill = repeat(filler, Math.floor((end - start.length) / filler.length));
  const padding = repeat([0x5b], end - start.length - fill.length);
  return Uint8Array.from([...start, ...fill, ...padding, 0x5b, 0x5f, 0x56, 0x00]);
}

function creations(): Uint8Array {
  const fill = [...push32(BigInt(`0x${"5b".repeat(32)}`)), 0x5f, 0x52];
  const widen = [0x60, 32, 0x5f, 0x60, 32, 0x5e, 0x61, 0x20, 0x00, 0x5f, 0x61, 0x20, 0x00, 0x5e];
  return forever(...fill, ...widen, 0x61, 0xc0, 0x00, 0x5f, 0x5f, 0xf0, 0x50);
}

function recursiveCreation(): Uint8Array {
  return Uint8Array.from([0x38, 0x5f, 0x5f, 0x39, 0x38, 0x5f, 0x5f, 0xf0, 0x50]);
}

/** The program at the first account, with `gas` to spend, under Prague rules. */
export function hostileScenario({ code }: HostileProgram, gas: bigint): Scenario {
  const looped = LOOPED.map((address, index) => ({
    address,
    balance: 1n,
    nonce: 1n,
    code: Uint8Array.from([0xef, 0x01, 0x00, ...LOOPED[1 - index]!]),
    storage: [],
  }));
  const self = { address: SELF, balance: 10n ** 6n, nonce: 1n, code, storage: [] };
  return { fork: "Prague", accounts: [self, ...looped], data: new Uint8Array(0), value: 0n, gas };
}

/** Ordinary arithmetic in a loop: what the time of hostile code is measured against. */
export const ORDINARY_PROGRAM: HostileProgram = {
  name: "ordinary arithmetic",
  code: forever(0x60, 7, 0x60, 9, 0x01, 0x60, 3, 0x02, 0x60, 5, 0x90, 0x03, 0x50),
};
