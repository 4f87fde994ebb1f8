import { keccak_256 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileStateTest, StateMachine, type TestSource } from "./state-test-entry.ts";

const EMPTY_ROOT = keccak_256(Uint8Array.of(0x80));
const ACCOUNTS = 300;
const OWNERS = 3;
const SLOTS = 120;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const addressOf = (id: number): Uint8Array => keccak_256(Uint8Array.of(id >> 8, id & 255)).slice(12);

function open(module: WebAssembly.Module, source: TestSource): StateMachine {
  const machine = new StateMachine(module, "simd", 1n, source);
  machine.call.openState!(machine.put(EMPTY_ROOT));
  machine.rewind();
  return machine;
}

/** Balance 0 destroys the account. */
function setAccount(machine: StateMachine, id: number, balance: bigint): void {
  const { call } = machine;
  call.beginTransaction!();
  const account = call.account!(machine.put(addressOf(id)));
  if (balance === 0n) call.markSelfDestruct!(account);
  else call.setBalance!(account, machine.putWord(balance));
  call.endTransaction!(1);
  machine.rewind();
}

function setSlot(machine: StateMachine, owner: number, key: number, value: bigint): void {
  const { call } = machine;
  call.beginTransaction!();
  const account = call.account!(machine.put(addressOf(owner)));
  call.setNonce!(account, 1n);
  call.setSlot!(call.slot!(account, machine.putWord(BigInt(key))), machine.putWord(value));
  call.endTransaction!(1);
  machine.rewind();
}

function commit(machine: StateMachine): Uint8Array {
  const root = machine.commit();
  machine.rewind();
  return root;
}

function stateRoot(machine: StateMachine): string {
  const out = machine.room(32);
  machine.call.stateRoot!(out);
  machine.rewind();
  return hex(machine.read(out, 32));
}

const change = fc.oneof(
  fc.record({ id: fc.integer({ min: OWNERS, max: ACCOUNTS - 1 }), value: fc.bigInt(0n, 2n) }),
  fc.record({ id: fc.nat(OWNERS - 1), key: fc.nat(SLOTS - 1), value: fc.bigInt(0n, 1n << 70n) }),
  fc.record({ id: fc.nat(OWNERS - 1), key: fc.nat(SLOTS - 1), value: fc.constant(0n) }),
  fc.record({ id: fc.nat(OWNERS - 1), value: fc.constant(0n) }),
);
const block = fc.record({
  before: fc.array(change, { maxLength: 60 }),
  /** Between the two halves of a block's changes: hash, or undo the second half afterwards. */
  middle: fc.constantFrom("nothing", "root", "undo", "undoHashed"),
  after: fc.array(change, { maxLength: 60 }),
  budget: fc.constantFrom(0n, 40_000n, 1n << 30n),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
type Block = typeof block extends fc.Arbitrary<infer T> ? T : never;

function apply(machine: StateMachine, changes: readonly Change[]): void {
  for (const one of changes) {
    if ("key" in one) setSlot(machine, one.id, one.key, one.value);
    else setAccount(machine, one.id, one.value);
  }
}

function run(machine: StateMachine, { before, middle, after }: Block): Uint8Array {
  const { call } = machine;
  apply(machine, before);
  if (middle === "root") stateRoot(machine);
  const mark = call.baseCheckpoint!();
  apply(machine, after);
  if (middle === "undoHashed") stateRoot(machine);
  if (middle.startsWith("undo")) call.baseRevert!(mark);
  return commit(machine);
}

describe("commits", () => {
  let module: WebAssembly.Module;

  beforeAll(async () => {
    module = await compileStateTest("simd");
  });

  test("hand over exactly what a database needs to go on from, whatever was evicted", () => {
    const property = fc.property(fc.array(block, { minLength: 1, maxLength: 8 }), (blocks) => {
      const flat = open(module, "flat");
      const plain = open(module, "preimages");
      for (const block of blocks) {
        const root = run(flat, block);
        expect(hex(run(plain, block))).toBe(hex(root));
        expect(flat.flat.difference(root)).toBeUndefined();
        flat.call.evictState!(block.budget);
      }
    });
    fc.assert(property, { numRuns: 150 });
  });

  test("hand over a change of thousands of entries, applied by subtree", () => {
    const flat = open(module, "flat");
    for (const value of [1n, 0n, 2n]) {
      for (let id = OWNERS; id < 1400; id++) if (value !== 0n || id % 5 !== 0) setAccount(flat, id, value);
      for (let key = 0; key < 1400; key++) setSlot(flat, 0, key, key % 5 === 0 ? 1n : value);
      const root = commit(flat);
      expect(flat.flat.difference(root)).toBeUndefined();
      flat.call.evictState!(0n);
    }
  });

  test("repeat nothing that did not change", () => {
    const machine = open(module, "flat");
    setAccount(machine, 1, 5n);
    commit(machine);
    const before = machine.flat.nodes.size;
    const entries = [...machine.flat.entries.get("")!.values()];
    setAccount(machine, 1, 5n);
    commit(machine);
    expect(machine.flat.nodes.size).toBe(before);
    expect([...machine.flat.entries.get("")!.values()]).toEqual(entries);
  });
});

describe("flat reads", () => {
  test("load no trie node before an account is written", async () => {
    const machine = open(await compileStateTest("simd"), "flat");
    for (let id = 0; id < ACCOUNTS; id++) setAccount(machine, id, 7n);
    const root = commit(machine);
    machine.call.openState!(machine.put(root));
    machine.requested.clear();
    machine.call.beginTransaction!();
    const account = machine.call.account!(machine.put(addressOf(1)));
    expect(machine.call.accountExists!(account)).toBe(1);
    machine.call.discardTransaction!();
    expect(machine.requested.size).toBe(0);
    setAccount(machine, 1, 8n);
    expect(machine.requested.size).toBe(0);
    stateRoot(machine);
    expect(machine.requested.size).toBeGreaterThan(1);
  });
});

describe("eviction", () => {
  let machine: StateMachine;
  const used = (): number => Number(machine.call.usedMemory!());

  beforeAll(async () => {
    machine = open(await compileStateTest("simd"), "flat");
    for (let id = 0; id < 1000; id++) setAccount(machine, id, 7n);
    for (let key = 0; key < 3000; key++) setSlot(machine, 0, key, 5n);
    commit(machine);
  });

  test("keeps what was used lately and gives memory back to be used again", () => {
    const { call } = machine;
    const full = used();
    call.evictState!(BigInt(full - 1));
    expect(used()).toBeLessThan(full);
    const held = call.heldMemory!();
    for (let round = 0; round < 5; round++) {
      for (let id = 0; id < 1000; id++) setAccount(machine, id, BigInt(9 + round));
      commit(machine);
      call.evictState!(BigInt(full - 1));
    }
    expect(call.heldMemory!()).toBe(held);
  });

  test("does nothing within the budget or while something is uncommitted", () => {
    const before = used();
    machine.call.evictState!(BigInt(before));
    expect(used()).toBe(before);
    setAccount(machine, 5, 77n);
    const dirty = used();
    machine.call.evictState!(0n);
    expect(used()).toBe(dirty);
    commit(machine);
    machine.call.evictState!(0n);
    expect(used()).toBeLessThan(before / 4);
    expect(machine.flat.difference(commit(machine))).toBeUndefined();
  });
});
