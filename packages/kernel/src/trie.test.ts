import { createMPT } from "@ethereumjs/mpt";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileStateTest, StateMachine } from "./state-test-entry.ts";

let module: WebAssembly.Module;

beforeAll(async () => {
  module = await compileStateTest("simd");
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A raw trie of a state machine, beside the peer's. */
class TriePair {
  readonly machine = new StateMachine(module, "simd");
  #trie: number = this.machine.call.rawTrieNew!(0);

  put(key: Uint8Array, value: Uint8Array): void {
    const { call } = this.machine;
    call.rawTriePut!(this.#trie, this.machine.put(key), key.length, this.machine.put(value), value.length);
    this.machine.rewind();
  }

  delete(key: Uint8Array): void {
    this.machine.call.rawTrieDelete!(this.#trie, this.machine.put(key), key.length);
    this.machine.rewind();
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const length = this.machine.call.rawTrieGet!(this.#trie, this.machine.put(key), key.length);
    this.machine.rewind();
    return length < 0 ? undefined : this.machine.read(this.machine.call.rawTrieValue!(), length);
  }

  root(save: boolean): Uint8Array {
    const out = this.machine.room(32);
    this.machine.call.rawTrieRoot!(this.#trie, out, Number(save));
    this.machine.collect();
    this.machine.rewind();
    return this.machine.read(out, 32);
  }

  /** Continues from the stored nodes alone. */
  reload(): void {
    const root = this.root(true);
    this.machine.call.rawTrieFree!(this.#trie);
    this.#trie = this.machine.call.rawTrieNew!(this.machine.put(root));
    this.machine.rewind();
  }

  neighbour(key: Uint8Array, forward: boolean): Uint8Array | undefined {
    const out = this.machine.room(64);
    const at = this.machine.put(key);
    const length = this.machine.call.rawTrieSeek!(this.#trie, at, key.length, Number(forward), out);
    this.machine.rewind();
    return length < 0 ? undefined : this.machine.read(out, length);
  }
}

type Operation = { key: Uint8Array; value: Uint8Array | undefined; after: "nothing" | "root" | "save" | "reload" };

/** Few distinct nibbles, so that keys share prefixes, end inside each other and branches collapse. */
function operations(key: fc.Arbitrary<Uint8Array>, value: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Operation[]> {
  const operation = fc.record({
    key,
    value: fc.option(value, { nil: undefined, freq: 2 }),
    after: fc.constantFrom("nothing", "nothing", "root", "save", "reload"),
  });
  return fc.array(operation as fc.Arbitrary<Operation>, { maxLength: 60 });
}

const nearByte = fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0x12, 0xf1);
const nearKey = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.array(nearByte, { minLength, maxLength }).map((bytes) => Uint8Array.from(bytes));
const value = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: 1, maxLength });

async function agrees(steps: readonly Operation[]): Promise<void> {
  const trie = new TriePair();
  const peer = await createMPT();
  const model = new Map<string, string>();
  for (const { key, value, after } of steps) {
    if (value) {
      trie.put(key, value);
      model.set(hex(key), hex(value));
      await peer.put(key, value);
    } else {
      trie.delete(key);
      model.delete(hex(key));
      await peer.del(key);
    }
    if (after === "reload") trie.reload();
    else if (after !== "nothing") expect(hex(trie.root(after === "save"))).toBe(hex(peer.root()));
  }
  expect(hex(trie.root(false))).toBe(hex(peer.root()));
  for (const { key } of steps) expect(hex(trie.get(key) ?? new Uint8Array(0))).toBe(model.get(hex(key)) ?? "");
  checkNeighbours(trie, [...model.keys()].sort(), steps);
}

function checkNeighbours(trie: TriePair, keys: readonly string[], steps: readonly Operation[]): void {
  for (const { key } of steps) {
    const after = keys.find((other) => other > hex(key));
    const before = keys.findLast((other) => other < hex(key));
    const found = [trie.neighbour(key, true), trie.neighbour(key, false)].map((at) => at && hex(at));
    expect(found).toEqual([after, before]);
  }
}

describe("trie", () => {
  test("keys of one length agree with @ethereumjs/mpt, also from stored nodes", async () => {
    await fc.assert(fc.asyncProperty(operations(nearKey(3, 3), value(40)), agrees), { numRuns: 150 });
  });

  test("keys that begin one another agree with @ethereumjs/mpt", async () => {
    await fc.assert(fc.asyncProperty(operations(nearKey(1, 4), value(4)), agrees), { numRuns: 150 });
  });

  test("random 32-byte keys agree with @ethereumjs/mpt", async () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    await fc.assert(fc.asyncProperty(operations(key, value(120)), agrees), { numRuns: 60 });
  });

  test("large values agree with @ethereumjs/mpt", async () => {
    const large = fc.integer({ min: 1, max: 200_000 }).map((length) => new Uint8Array(length).fill(7));
    await fc.assert(fc.asyncProperty(operations(nearKey(2, 2), large), agrees), { numRuns: 10 });
  });

  test.each([0, 1, 2, 17, 127, 128, 129, 255, 256, 257, 700])("ordered root of %i items", async (count) => {
    const machine = new StateMachine(module, "simd");
    const peer = await createMPT();
    const { RLP } = await import("@ethereumjs/rlp");
    const pairs = new Uint32Array(count * 2);
    for (let index = 0; index < count; index++) {
      const item = new Uint8Array(1 + ((index * 37) % 300)).fill(index + 1);
      pairs.set([machine.put(item), item.length], index * 2);
      await peer.put(RLP.encode(index), item);
    }
    const out = machine.room(32);
    machine.call.orderedRoot!(machine.put(new Uint8Array(pairs.buffer)), count, out);
    expect(hex(machine.read(out, 32))).toBe(hex(peer.root()));
  });
});
