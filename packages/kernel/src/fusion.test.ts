import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { Kernel } from "./kernel.ts";
import { presetConfig } from "./presets.ts";
import type { Header } from "./types.ts";

/** The tracing build runs every instruction by itself: the reference for sequences that the other builds fuse. */
let fused: Kernel;
let single: Kernel;

const CONTRACT = new Uint8Array(20).fill(0xc0);
const CALLER = new Uint8Array(20).fill(0xee);
const [POP, MLOAD, MSTORE, JUMP, JUMPI, JUMPDEST, RETURN] = [0x50, 0x51, 0x52, 0x56, 0x57, 0x5b, 0xf3];
const [ADD, SUB, LT, GT, EQ, ISZERO, AND, SHL, SHR, PC] = [0x01, 0x03, 0x10, 0x11, 0x14, 0x15, 0x16, 0x1b, 0x1c, 0x58];
const [PUSH1, PUSH2, PUSH4, PUSH20, PUSH32, DUP1, SWAP1] = [0x60, 0x61, 0x63, 0x73, 0x7f, 0x80, 0x90];
const INITIAL_WORDS = 20;

const noOracle = { preimage: () => undefined, blockHash: () => undefined };
const config = presetConfig("Prague")!;

beforeAll(async () => {
  fused = await Kernel.create({ config, oracle: noOracle });
  single = await Kernel.create({ config, oracle: noOracle, tracer: {} });
});

/** Some bytes of code, or a jump over the next item when its condition holds. */
type Item = readonly number[] | { readonly condition: readonly number[]; readonly jump: number };

const byte = fc.integer({ min: 0, max: 255 });
const any = (...ops: number[]) => fc.constantFrom(...ops).map((op) => [op]);
const push = fc.oneof(fc.constantFrom(0, 1, 4, 32, 64, 160), byte).map((value) => [PUSH1, value]);
const stack = fc.oneof(
  fc.nat(15).map((n) => [DUP1 + n]),
  fc.nat(15).map((n) => [SWAP1 + n]),
  any(POP),
);
const compute = any(ADD, SUB, AND, SHL, SHR, LT, GT, EQ, ISZERO, MLOAD, MSTORE, PC);
const mask = fc.constantFrom(
  [PUSH1, 1, PUSH1, 1, PUSH1, 160, SHL, SUB],
  [PUSH1, 1, PUSH1, 1, PUSH1, 160, SHL, SUB, AND],
  [PUSH20, ...new Array<number>(20).fill(255), AND],
);
const select = fc
  .tuple(byte, byte)
  .map(([high, low]): Item => ({ condition: [DUP1, PUSH4, 0, 0, high & 1, low, EQ], jump: JUMPI }));
const branch = fc
  .constantFrom<readonly number[]>([], [ISZERO], [EQ], [LT], [GT], [LT, ISZERO], [GT, ISZERO], [EQ, ISZERO])
  .map((condition): Item => ({ condition, jump: JUMPI }));
const skip = fc.constant<Item>({ condition: [], jump: JUMP });
const item: fc.Arbitrary<Item> = fc.oneof(push, stack, stack, compute, mask, select, branch, skip);

/** Small words, and some around the borders of limbs and of addresses. */
const word = fc.oneof(
  fc.bigInt({ min: 0n, max: 300n }),
  fc.constantFrom(2n ** 64n - 1n, 2n ** 128n - 1n, 2n ** 160n, 2n ** 256n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
);

/** Puts the words on the stack, runs the items, and returns memory with the ten upper words of the stack in it. */
function program(words: readonly bigint[], items: readonly Item[]): Uint8Array {
  const code = words.flatMap((value) => [PUSH32, ...Buffer.from(value.toString(16).padStart(64, "0"), "hex")]);
  for (const [at, current] of items.entries()) {
    if ("jump" in current) code.push(...jumpOver(code.length, current, items[at + 1]));
    else if (!isJump(items[at - 1])) code.push(...current);
  }
  for (let slot = 0; slot < 10; slot++) code.push(PUSH2, 2, slot * 16, MSTORE);
  return Uint8Array.from([...code, PUSH2, 4, 0, PUSH1, 0, RETURN]);
}

function isJump(item: Item | undefined): boolean {
  return item !== undefined && "jump" in item;
}

function jumpOver(
  start: number,
  { condition, jump }: Extract<Item, { jump: number }>,
  next: Item | undefined,
): number[] {
  const skipped = next === undefined || "jump" in next ? [] : next;
  const target = start + condition.length + 4 + skipped.length;
  return [...condition, PUSH2, target >> 8, target & 255, jump, ...skipped, JUMPDEST];
}

test("fused sequences do what their instructions do one by one", () => {
  fc.assert(
    fc.property(
      fc.array(word, { minLength: INITIAL_WORDS, maxLength: INITIAL_WORDS }),
      fc.array(item, { maxLength: 40 }),
      fc.oneof(
        { weight: 4, arbitrary: fc.constant(1_000_000n) },
        { weight: 1, arbitrary: fc.bigInt(21_000n, 22_000n) },
      ),
      (words, items, gas) => {
        const code = program(words, items);
        expect(call(fused, code, gas)).toEqual(call(single, code, gas));
      },
    ),
    { numRuns: 400 },
  );
});

test("an operand of a fused jump is no way round the check of destinations", () => {
  const intoPush = Uint8Array.from([PUSH1, 1, PUSH2, 0, 1, JUMPI]);
  const beyond = Uint8Array.from([PUSH2, 255, 255, JUMP]);
  for (const code of [intoPush, beyond]) expect(call(fused, code, 100_000n)).toMatchObject({ halted: true });
});

interface Result {
  /** Which of two shortages a halt is put down to depends on when it is looked for: once a block, or at each instruction. */
  readonly halted: boolean;
  readonly gasUsed: bigint;
  readonly output: Uint8Array;
}

function call(kernel: Kernel, code: Uint8Array, gas: bigint): Result {
  kernel.open(EMPTY_ROOT);
  kernel.beginBlock(PARENT, new Uint8Array(32), ATTRIBUTES);
  kernel.override(CONTRACT, { code });
  const outcome = kernel.call({ from: CALLER, to: CONTRACT, gas });
  if (!outcome.valid) throw new Error(outcome.message);
  const { halt, gasUsed, output } = outcome;
  return { halted: halt !== "success", gasUsed, output };
}

const EMPTY_ROOT = Uint8Array.from(
  Buffer.from("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", "hex"),
);
const ZERO = new Uint8Array(32);
const ATTRIBUTES = {
  timestamp: 1000n,
  coinbase: new Uint8Array(20),
  gasLimit: 30_000_000n,
  prevRandao: ZERO,
  parentBeaconBlockRoot: ZERO,
  overrides: { baseFeePerGas: 0n },
};
const PARENT: Header = {
  parentHash: ZERO,
  ommersHash: ZERO,
  coinbase: new Uint8Array(20),
  stateRoot: EMPTY_ROOT,
  transactionsRoot: EMPTY_ROOT,
  receiptsRoot: EMPTY_ROOT,
  logsBloom: new Uint8Array(256),
  difficulty: 0n,
  number: 0n,
  gasLimit: 30_000_000n,
  gasUsed: 0n,
  timestamp: 0n,
  extraData: new Uint8Array(0),
  mixHash: ZERO,
  nonce: new Uint8Array(8),
  baseFeePerGas: 0n,
  withdrawalsRoot: EMPTY_ROOT,
  blobGasUsed: 0n,
  excessBlobGas: 0n,
  parentBeaconBlockRoot: ZERO,
  requestsHash: ZERO,
};
