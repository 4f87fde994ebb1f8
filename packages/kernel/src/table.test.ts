import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileStateTest, StateMachine } from "./state-test-entry.ts";

const MASK = (1n << 64n) - 1n;
let module: WebAssembly.Module;

beforeAll(async () => {
  module = await compileStateTest("simd");
});

/** SipHash-1-3 by its definition, over whole words. */
function sipHash13(key0: bigint, key1: bigint, words: readonly bigint[]): bigint {
  const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & MASK;
  let [v0, v1, v2, v3] = [
    key0 ^ 0x736f6d6570736575n,
    key1 ^ 0x646f72616e646f6dn,
    key0 ^ 0x6c7967656e657261n,
    key1 ^ 0x7465646279746573n,
  ] as [bigint, bigint, bigint, bigint];
  const round = (): void => {
    v0 = (v0 + v1) & MASK;
    v1 = rotate(v1, 13n) ^ v0;
    v0 = rotate(v0, 32n);
    v2 = (v2 + v3) & MASK;
    v3 = rotate(v3, 16n) ^ v2;
    v0 = (v0 + v3) & MASK;
    v3 = rotate(v3, 21n) ^ v0;
    v2 = (v2 + v1) & MASK;
    v1 = rotate(v1, 17n) ^ v2;
    v2 = rotate(v2, 32n);
  };
  for (const word of [...words, BigInt((words.length * 8) & 255) << 56n]) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
  v2 ^= 255n;
  for (let i = 0; i < 3; i++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

function hashKey(machine: StateMachine, space: bigint, key: bigint): bigint {
  const hash = machine.call.hashKey!(space, machine.putWord(key)) as unknown as bigint;
  machine.rewind();
  return BigInt.asUintN(64, hash);
}

describe("tables", () => {
  test("the hash is SipHash-1-3 with the host's key", () => {
    const word64 = fc.bigInt(0n, MASK);
    const property = fc.property(word64, word64, fc.bigInt(0n, (1n << 256n) - 1n), (seed, space, key) => {
      const machine = new StateMachine(module, "simd", seed);
      const limbs = [0n, 64n, 128n, 192n].map((shift) => (key >> shift) & MASK);
      expect(hashKey(machine, space, key)).toBe(sipHash13(seed, ~seed & MASK, [space, ...limbs]));
    });
    fc.assert(property, { numRuns: 30 });
  });

  test("keys that collide under one seed spread under another", () => {
    const bucket = (hash: bigint): bigint => (hash >> 32n) & 255n;
    const [known, secret] = [new StateMachine(module, "simd", 1n), new StateMachine(module, "simd", 2n)];
    const hostile: bigint[] = [];
    for (let key = 0n; hostile.length < 256; key++) if (bucket(hashKey(known, 64n, key)) === 0n) hostile.push(key);
    const buckets = new Set(hostile.map((key) => bucket(hashKey(secret, 64n, key))));
    // 256 balls in 256 buckets leave 94 empty on average; 7 standard deviations below that mean would be 110.
    expect(buckets.size).toBeGreaterThan(110);
  });

  test("tables grow far beyond their first size, in one transaction and over many", () => {
    const slots = 20_000;
    const machine = new StateMachine(module, "simd");
    const { call } = machine;
    const address = (): number => machine.put(new Uint8Array(20).fill(9));
    const valueAt = (slot: number): bigint => BigInt(slot) * 3n + 1n;
    call.openState!(machine.put(emptyRoot()));
    call.beginTransaction!();
    for (let slot = 0; slot < slots; slot++) {
      machine.rewind();
      const account = call.account!(address());
      call.setNonce!(account, 1n);
      call.setSlot!(call.slot!(account, machine.putWord(BigInt(slot))), machine.putWord(valueAt(slot)));
      call.transientSet!(address(), machine.putWord(BigInt(slot)), machine.putWord(valueAt(slot)));
    }
    for (let slot = 0; slot < slots; slot += 7) {
      machine.rewind();
      const out = machine.room(32);
      call.transientGet!(address(), machine.putWord(BigInt(slot)), out);
      expect(machine.readWord(out)).toBe(valueAt(slot));
    }
    call.endTransaction!(1);
    call.beginTransaction!();
    for (let slot = 0; slot < slots; slot += 7) {
      machine.rewind();
      const record = call.slot!(call.account!(address()), machine.putWord(BigInt(slot)));
      expect(machine.readWord(call.originalPtr!(record))).toBe(valueAt(slot));
    }
  });

  test("opening a state gives the memory of the old one back", () => {
    const machine = new StateMachine(module, "simd");
    const { call } = machine;
    const fill = (): number => {
      call.openState!(machine.put(emptyRoot()));
      for (let id = 0; id < 20_000; id++) {
        machine.rewind();
        const address = new Uint8Array(20);
        new DataView(address.buffer).setUint32(0, id);
        call.overrideNonce!(machine.put(address), 1n);
      }
      call.stateRoot!(machine.room(32));
      machine.rewind();
      return call.heldMemory!();
    };
    const first = fill();
    for (let i = 0; i < 4; i++) expect(fill()).toBe(first);
  });
});

function emptyRoot(): Uint8Array {
  return Buffer.from("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", "hex");
}
