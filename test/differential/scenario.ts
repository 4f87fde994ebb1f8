import fc from "fast-check";

/** Forks the fuzz runs on: those whose rules differ inside the EVM and that both implementations know. */
export const FUZZED_FORKS = [
  "Byzantium",
  "Istanbul",
  "Berlin",
  "London",
  "Shanghai",
  "Cancun",
  "Prague",
  "Osaka",
] as const;

export type FuzzedFork = (typeof FUZZED_FORKS)[number];

/** Whether `fork` has the rules that came with `since`. */
export function hasRulesOf(fork: FuzzedFork, since: FuzzedFork): boolean {
  return FUZZED_FORKS.indexOf(fork) >= FUZZED_FORKS.indexOf(since);
}

export interface ScenarioAccount {
  readonly address: Uint8Array;
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly code: Uint8Array;
  /** Small slot numbers and values. */
  readonly storage: readonly (readonly [slot: number, value: bigint])[];
}

/** One message to the first account, sent by `SENDER` with a gas price of zero. */
export interface Scenario {
  readonly fork: FuzzedFork;
  readonly accounts: readonly ScenarioAccount[];
  readonly data: Uint8Array;
  readonly value: bigint;
  /** For execution, on top of the intrinsic gas. */
  readonly gas: bigint;
}

export const SENDER: Uint8Array = new Uint8Array(20).fill(0x5e);
const CONTRACTS = [0xa1, 0xb2, 0xc3].map((byte) => new Uint8Array(20).fill(byte));
const DELEGATED = [0xd4, 0xd5].map((byte) => new Uint8Array(20).fill(byte));
const ABSENT = new Uint8Array(20).fill(0xee);

/** A piece of code of known bytes; `random` code concatenates a few dozen and then changes some bytes. */
type Fragment = fc.Arbitrary<readonly number[]>;

const EDGES = [0n, 1n, 2n, 31n, 32n, 255n, 256n, 2n ** 31n, 2n ** 64n - 1n, 2n ** 128n, 2n ** 255n, 2n ** 256n - 1n];

const word: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: 64n }) },
  { weight: 3, arbitrary: fc.constantFrom(...EDGES) },
  { weight: 2, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }) },
);
const small: fc.Arbitrary<bigint> = fc.bigInt({ min: 0n, max: 96n });
/** Mostly inside a few memory words, now and then far outside. */
const offset: fc.Arbitrary<bigint> = fc.oneof({ weight: 30, arbitrary: small }, { weight: 1, arbitrary: word });
const slot: fc.Arbitrary<bigint> = fc.bigInt({ min: 0n, max: 4n });

function push(value: bigint): number[] {
  const hex = value.toString(16);
  const bytes = [...Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex")];
  return [0x5f + bytes.length, ...bytes];
}

/** Pushes the operands, first pushed lowest, then the instruction. */
function operation(code: number, ...operands: fc.Arbitrary<bigint>[]): Fragment {
  return fc.tuple(...operands).map((values) => [...values.flatMap(push), code]);
}

const precompile = fc.oneof(
  { weight: 9, arbitrary: fc.bigInt({ min: 1n, max: 9n }) },
  { weight: 1, arbitrary: fc.constant(0x100n) },
);
const target: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(...[...CONTRACTS, ...DELEGATED, ABSENT, SENDER].map(toNumber)),
  precompile,
);
const callGas: fc.Arbitrary<bigint> = fc.oneof(fc.bigInt({ min: 0n, max: 40_000n }), word);
const value: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0n) },
  { weight: 1, arbitrary: small },
);

function toNumber(address: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(address).toString("hex")}`);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const BINARY = [...range(0x01, 0x07), 0x0a, 0x0b, ...range(0x10, 0x14), ...range(0x16, 0x18), ...range(0x1a, 0x1d)];
const ENVIRONMENT = [0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, ...range(0x41, 0x48), 0x58, 0x59, 0x5a];

const fragments: Fragment = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...BINARY).chain((code) => operation(code, word, word)) },
  { weight: 3, arbitrary: fc.constantFrom(...BINARY, 0x15, 0x19, 0x1e, 0x50, 0x56).map((code) => [code]) },
  { weight: 2, arbitrary: fc.constantFrom(0x08, 0x09).chain((code) => operation(code, word, word, word)) },
  { weight: 3, arbitrary: fc.constantFrom(...ENVIRONMENT).map((code) => [code]) },
  { weight: 2, arbitrary: fc.constantFrom(...range(0x80, 0x86), ...range(0x90, 0x96)).map((code) => [code]) },
  { weight: 3, arbitrary: operation(0x52, word, offset) },
  { weight: 1, arbitrary: operation(0x53, word, offset) },
  { weight: 2, arbitrary: operation(0x51, offset) },
  { weight: 2, arbitrary: operation(0x20, offset, offset) },
  { weight: 3, arbitrary: operation(0x55, fc.oneof(value, word), slot) },
  { weight: 3, arbitrary: operation(0x54, slot) },
  { weight: 1, arbitrary: operation(0x5d, word, slot) },
  { weight: 1, arbitrary: operation(0x5c, slot) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0x37, 0x39, 0x3e, 0x5e).chain((code) => operation(code, offset, offset, offset)),
  },
  { weight: 1, arbitrary: fc.constantFrom(0x31, 0x3b, 0x3f).chain((code) => operation(code, target)) },
  { weight: 1, arbitrary: operation(0x3c, offset, offset, offset, target) },
  { weight: 1, arbitrary: operation(0x35, offset) },
  { weight: 1, arbitrary: operation(0x40, small) },
  { weight: 1, arbitrary: operation(0x49, small) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(0xf1, 0xf2)
      .chain((code) => operation(code, offset, offset, offset, offset, value, target, callGas)),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(0xf4, 0xfa)
      .chain((code) => operation(code, offset, offset, offset, offset, target, callGas)),
  },
  { weight: 1, arbitrary: creation() },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 0, max: 4 })
      .chain((n) => operation(0xa0 + n, ...Array.from({ length: n }, () => word), offset, offset)),
  },
  { weight: 2, arbitrary: forwardJump() },
  { weight: 1, arbitrary: loop() },
  { weight: 1, arbitrary: fc.constantFrom(0xf3, 0xfd).chain((code) => operation(code, offset, offset)) },
  { weight: 1, arbitrary: fc.constantFrom(0x00, 0xfe, 0x56, 0x57, 0x5b).map((code) => [code]) },
  { weight: 1, arbitrary: operation(0xff, target) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).map((byte) => [byte]) },
);

/** CREATE or CREATE2 with init code that returns up to 32 bytes of itself, or with whatever memory holds. */
function creation(): Fragment {
  const initcode = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((body) => [...body]);
  return fc.tuple(initcode, value, fc.boolean(), small).map(([init, endowment, salted, salt]) => {
    const padded = [...init, ...new Array<number>(32 - init.length).fill(0)];
    const store = [0x7f, ...padded, 0x60, 0, 0x52];
    const operands = [...push(BigInt(init.length)), ...push(0n), ...push(endowment)];
    return salted ? [...store, ...push(salt), ...operands, 0xf5] : [...store, ...operands, 0xf0];
  });
}

/** Skips a few bytes by a position-independent jump: PC, distance, ADD, JUMP, junk, JUMPDEST. */
function forwardJump(): Fragment {
  return fc.uint8Array({ maxLength: 6 }).map((junk) => [0x58, 0x60, 5 + junk.length, 0x01, 0x56, ...junk, 0x5b]);
}

/** Counts a slot up until it reaches a bound, so that the loop ends however it was entered. */
function loop(): Fragment {
  return fc.integer({ min: 1, max: 12 }).map((times) => {
    const body = [0x5b, 0x60, 7, 0x51, 0x60, 1, 0x01, 0x80, 0x60, 7, 0x52, 0x60, times, 0x11];
    return [...body, 0x58, 0x60, body.length, 0x90, 0x03, 0x57];
  });
}

function mutations(): fc.Arbitrary<[number, number][]> {
  return fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
}

const code: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(word, { maxLength: 12, size: "max" }),
    fc.array(fragments, { minLength: 1, maxLength: 40, size: "max" }),
    fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: mutations() }),
  )
  .map(([words, parts, changes]) => {
    const bytes = Uint8Array.from([...words.flatMap(push), ...parts.flat()]);
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return bytes;
  });

const storage = fc.uniqueArray(fc.tuple(fc.nat(4), fc.oneof(small, word)), { selector: ([key]) => key, maxLength: 4 });

function contract(address: Uint8Array): fc.Arbitrary<ScenarioAccount> {
  return fc.record({ address: fc.constant(address), balance: small, nonce: fc.constant(1n), code, storage });
}

/** EIP-7702 designators, among them one that points to itself. */
function delegation(address: Uint8Array): fc.Arbitrary<ScenarioAccount> {
  return fc.constantFrom(...CONTRACTS, ...DELEGATED, new Uint8Array(20).fill(0)).map((to) => ({
    address,
    balance: 5n,
    nonce: 1n,
    code: Uint8Array.from([0xef, 0x01, 0x00, ...to]),
    storage: [],
  }));
}

export const scenarios: fc.Arbitrary<Scenario> = fc.constantFrom(...FUZZED_FORKS).chain((fork) =>
  fc.record({
    fork: fc.constant(fork),
    accounts: fc.tuple(...CONTRACTS.map(contract), ...(hasRulesOf(fork, "Prague") ? DELEGATED.map(delegation) : [])),
    data: fc.uint8Array({ maxLength: 70 }),
    value: small,
    gas: fc.oneof(fc.bigInt({ min: 0n, max: 60_000n }), fc.bigInt({ min: 60_000n, max: 500_000n })),
  }),
);
