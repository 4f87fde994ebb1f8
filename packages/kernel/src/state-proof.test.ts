import { createMerkleProof, createMPT, verifyMerkleProof } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { beforeAll, describe, expect, test } from "vitest";
import { compileStateTest, StateMachine } from "./state-test-entry.ts";

const ACCOUNTS = 300;
const SLOTS = 200;
const EMPTY_CODE_HASH = keccak_256(new Uint8Array(0));

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const key32 = (slot: bigint): Uint8Array => Buffer.from(slot.toString(16).padStart(64, "0"), "hex");
const addressOf = (id: number): Uint8Array => keccak_256(Uint8Array.of(id >> 8, id & 255)).slice(12);

type PeerTrie = Awaited<ReturnType<typeof createMPT>>;

describe("EIP-1186 proofs", () => {
  let machine: StateMachine;
  let state: PeerTrie;
  let storage: PeerTrie;

  /** 300 accounts; the first has 200 slots. Slot values of one byte make nodes shorter than a hash. */
  beforeAll(async () => {
    machine = new StateMachine(await compileStateTest("simd"), "simd");
    state = await createMPT({ useKeyHashing: true });
    storage = await createMPT({ useKeyHashing: true });
    const { call } = machine;
    call.openState!(machine.put((await createMPT()).root()));
    for (let slot = 0n; slot < SLOTS; slot++) {
      call.overrideSlot!(machine.put(addressOf(0)), machine.putWord(slot), machine.putWord(slot + 1n));
      await storage.put(key32(slot), RLP.encode(slot + 1n));
      machine.rewind();
    }
    const noStorage = (await createMPT()).root();
    for (let id = 0; id < ACCOUNTS; id++) {
      call.overrideBalance!(machine.put(addressOf(id)), machine.putWord(BigInt(id)));
      machine.rewind();
      const root = id === 0 ? storage.root() : noStorage;
      await state.put(addressOf(id), RLP.encode([0, id, root, EMPTY_CODE_HASH]));
    }
  });

  function proof(): Uint8Array[] {
    const { call } = machine;
    const global = (name: string): number => (call[name] as unknown as WebAssembly.Global).value;
    const nodes: Uint8Array[] = [];
    let at = global("PROOF") >>> 0;
    for (let i = 0; i < global("PROOF_COUNT"); i++) {
      const length = machine.u32(at);
      nodes.push(machine.read(at + 4, length));
      at += 4 + ((length + 3) & ~3);
    }
    expect(at).toBe((global("PROOF") >>> 0) + global("PROOF_LENGTH"));
    machine.rewind();
    return nodes;
  }

  test.each([0, 1, 77, 299, 300, 4711])("account %i, there or not", async (id) => {
    machine.call.accountProof!(machine.put(addressOf(id)));
    const nodes = proof();
    expect(nodes.map(hex)).toEqual((await createMerkleProof(state, addressOf(id))).map(hex));
    const value = await verifyMerkleProof(addressOf(id), nodes, { useKeyHashing: true, root: state.root() });
    expect(value === null).toBe(id >= ACCOUNTS);
  });

  test.each([0n, 5n, 130n, 199n, 200n, 1n << 255n])("slot %i, there or not", async (slot) => {
    machine.call.storageProof!(machine.put(addressOf(0)), machine.putWord(slot));
    const nodes = proof();
    expect(nodes.map(hex)).toEqual((await createMerkleProof(storage, key32(slot))).map(hex));
    const value = await verifyMerkleProof(key32(slot), nodes, { useKeyHashing: true, root: storage.root() });
    expect(value === null).toBe(slot >= SLOTS);
  });

  test("empty storage has no nodes", () => {
    machine.call.storageProof!(machine.put(addressOf(5)), machine.putWord(1n));
    expect(proof()).toEqual([]);
  });
});
