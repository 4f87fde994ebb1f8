import { createMPT } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { keccak_256 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileStateTest, StateMachine, type TestBuild, type TestSource } from "./state-test-entry.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const EMPTY_ROOT = keccak_256(Uint8Array.of(0x80));

/** What the naive model knows of an account. */
interface ModelAccount {
  nonce: bigint;
  balance: bigint;
  code: string;
  storage: Map<bigint, bigint>;
}

/** Everything a transaction can see; copied whole at every mark. */
interface ModelState {
  accounts: Map<number, ModelAccount>;
  touched: Set<number>;
  destructed: Set<number>;
  warm: Set<string>;
  transient: Map<string, bigint>;
  logs: number[];
  refund: bigint;
}

const emptyAccount = (): ModelAccount => ({ nonce: 0n, balance: 0n, code: "", storage: new Map() });
const isEmpty = (a: ModelAccount): boolean => a.nonce === 0n && a.balance === 0n && a.code === "";
const copy = <T>(value: T): T => structuredClone(value);

/** Of the accounts, 3 is the RIPEMD-160 precompile's address, whose touches outlive reverts. */
const ACCOUNTS = 4;
const RIPEMD = 3;
function addressOf(id: number): Uint8Array {
  const address = new Uint8Array(20);
  if (id !== RIPEMD) address.fill(id * 17 + 1);
  else address[19] = RIPEMD;
  return address;
}

class Model {
  base = new Map<number, ModelAccount>();
  marks: { mark: number; base: Map<number, ModelAccount> }[] = [];
  state!: ModelState;
  frames: { mark: number; state: ModelState }[] = [];

  begin(): void {
    this.frames = [];
    this.state = {
      accounts: copy(this.base),
      touched: new Set(),
      destructed: new Set(),
      warm: new Set(),
      transient: new Map(),
      logs: [],
      refund: 0n,
    };
  }

  account(id: number): ModelAccount {
    return this.state.accounts.get(id) ?? emptyAccount();
  }

  change(id: number): ModelAccount {
    const found = this.account(id);
    this.state.accounts.set(id, found);
    this.state.touched.add(id);
    return found;
  }

  revert(frame: { state: ModelState }): void {
    const ripemd = this.state.touched.has(RIPEMD);
    this.state = copy(frame.state);
    if (ripemd) this.state.touched.add(RIPEMD);
  }

  end(deleteEmpty: boolean): void {
    const { accounts, touched, destructed } = this.state;
    for (const id of destructed) accounts.delete(id);
    for (const [id, account] of accounts) if (deleteEmpty && touched.has(id) && isEmpty(account)) accounts.delete(id);
    this.base = accounts;
  }
}

/** Root of the model by the peer's trie, from nothing. */
async function rootOf(base: Map<number, ModelAccount>): Promise<string> {
  const trie = await createMPT({ useKeyHashing: true });
  for (const [id, account] of base) {
    const storage = await createMPT({ useKeyHashing: true });
    for (const [key, value] of account.storage) if (value !== 0n) await storage.put(bytes32(key), RLP.encode(value));
    const codeHash = keccak_256(Buffer.from(account.code, "hex"));
    await trie.put(addressOf(id), RLP.encode([account.nonce, account.balance, storage.root(), codeHash]));
  }
  return hex(trie.root());
}

function bytes32(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
}

/** The system under test, with what the commands share. */
class Real {
  readonly machine: StateMachine;
  root: Uint8Array = EMPTY_ROOT;

  constructor(module: WebAssembly.Module, build: TestBuild, seed: bigint, source: TestSource = "preimages") {
    this.machine = new StateMachine(module, build, seed, source);
    this.open();
  }

  open(): void {
    this.run((call, m) => call.openState!(m.put(this.root)));
  }

  run<T>(work: (call: StateMachine["call"], machine: StateMachine) => T): T {
    const result = work(this.machine.call, this.machine);
    this.machine.rewind();
    return result;
  }

  onAccount<T>(id: number, work: (call: StateMachine["call"], account: number, machine: StateMachine) => T): T {
    return this.run((call, m) => work(call, call.account!(m.put(addressOf(id))), m));
  }

  stateRoot(): string {
    return this.run((call, m) => {
      const out = m.room(32);
      call.stateRoot!(out);
      return hex(m.read(out, 32));
    });
  }
}

type Step = (model: Model, real: Real) => void | Promise<void>;

const id = fc.nat(ACCOUNTS - 1);
const key = fc.constantFrom(0n, 1n, 2n, 1n << 200n, (1n << 256n) - 1n);
const word = fc.constantFrom(0n, 0n, 1n, 127n, 128n, 1n << 64n, (1n << 256n) - 1n);
const code = fc.constantFrom("", "00", "6001600255", "ef0100".padEnd(46, "ab"));

/** Steps inside a transaction. */
const inside: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(id, fc.nat(300)).map(
    ([id, nonce]): Step =>
      (model, real) => {
        model.change(id).nonce = BigInt(nonce);
        real.onAccount(id, (call, a) => call.setNonce!(a, BigInt(nonce)));
      },
  ),
  fc.tuple(id, word).map(
    ([id, value]): Step =>
      (model, real) => {
        model.change(id).balance = value;
        real.onAccount(id, (call, a, m) => call.setBalance!(a, m.putWord(value)));
      },
  ),
  fc.tuple(id, id, fc.bigInt(0n, 1n << 65n)).map(
    ([from, to, amount]): Step =>
      (model, real) => {
        if (model.account(from).balance < amount || (model.account(to).balance + amount) >> 256n) return;
        model.change(from).balance -= amount;
        model.change(to).balance += amount;
        real.onAccount(from, (call, a, m) => call.subBalance!(a, m.putWord(amount)));
        real.onAccount(to, (call, a, m) => call.addBalance!(a, m.putWord(amount)));
      },
  ),
  fc.tuple(id, code).map(
    ([id, code]): Step =>
      (model, real) => {
        model.change(id).code = code;
        real.onAccount(id, (call, a, m) => call.setCode!(a, m.put(Buffer.from(code, "hex")), code.length / 2));
      },
  ),
  fc.tuple(id, key, word).map(
    ([id, key, value]): Step =>
      (model, real) => {
        // Only accounts that exist and are not empty run code.
        model.change(id).nonce = 1n;
        model.change(id).storage.set(key, value);
        real.onAccount(id, (call, a, m) => {
          call.setNonce!(a, 1n);
          call.setSlot!(call.slot!(a, m.putWord(key)), m.putWord(value));
        });
      },
  ),
  fc.tuple(id, key, word).map(
    ([id, key, value]): Step =>
      (model, real) => {
        model.state.transient.set(`${id} ${key}`, value);
        real.run((call, m) => call.transientSet!(m.put(addressOf(id)), m.putWord(key), m.putWord(value)));
      },
  ),
  id.map(
    (id): Step =>
      (model, real) => {
        model.change(id);
        real.onAccount(id, (call, a) => call.touch!(a));
      },
  ),
  id.map(
    (id): Step =>
      (model, real) => {
        model.state.destructed.add(id);
        real.onAccount(id, (call, a) => call.markSelfDestruct!(a));
      },
  ),
  fc.tuple(id, fc.option(key, { nil: undefined })).map(
    ([id, key]): Step =>
      (model, real) => {
        const cold = !model.state.warm.has(`${id} ${key}`);
        model.state.warm.add(`${id} ${key}`);
        const found = real.onAccount(id, (call, a, m) =>
          key === undefined ? call.warmAccount!(a) : call.warmSlot!(call.slot!(a, m.putWord(key))),
        );
        expect(Boolean(found)).toBe(cold);
      },
  ),
  fc.tuple(id, fc.integer({ min: -5000, max: 5000 })).map(
    ([id, delta]): Step =>
      (model, real) => {
        model.state.refund += BigInt(delta);
        model.state.logs.push(id);
        real.run((call, m) => {
          call.addRefund!(BigInt(delta));
          call.appendLog!(m.put(addressOf(id)), m.putWord(5n), 1, m.put(Uint8Array.of(1, 2, 3)), 3);
        });
      },
  ),
  fc.constant<Step>((model, real) => {
    model.frames.push({ mark: real.machine.call.checkpoint!(), state: copy(model.state) });
  }),
  fc.nat(3).map(
    (depth): Step =>
      (model, real) => {
        const frame = model.frames[model.frames.length - 1 - depth];
        if (!frame) return;
        model.frames.length -= depth + 1;
        model.revert(frame);
        real.machine.call.revertTo!(frame.mark);
      },
  ),
);

interface Round {
  readonly steps: readonly Step[];
  readonly finish: "end" | "endWithoutClearing" | "discard";
  readonly after: "nothing" | "mark" | "revert" | "root" | "prefetch" | "commit" | "evict" | "reopen" | "override";
  readonly override: readonly [id: number, key: bigint, value: bigint];
}

const rounds: fc.Arbitrary<Round[]> = fc.array(
  fc.record({
    steps: fc.array(inside, { maxLength: 20 }),
    finish: fc.constantFrom("end", "end", "endWithoutClearing", "discard"),
    after: fc.constantFrom(
      ...([
        "nothing",
        "mark",
        "mark",
        "revert",
        "revert",
        "root",
        "prefetch",
        "commit",
        "evict",
        "reopen",
        "override",
      ] as const),
    ),
    override: fc.tuple(id, key, word),
  }) as fc.Arbitrary<Round>,
  { maxLength: 16 },
);

function expectSameView(model: Model, real: Real): void {
  const { call } = real.machine;
  for (let id = 0; id < ACCOUNTS; id++) {
    const expected = model.account(id);
    real.onAccount(id, (_, a, m) => {
      const exists = model.state.accounts.has(id);
      expect([id, Boolean(call.accountExists!(a)), m.readWord(call.balancePtr!(a))]).toEqual([
        id,
        exists,
        expected.balance,
      ]);
      expect(Boolean(call.accountIsEmpty!(a))).toBe(isEmpty(expected));
      const blob = call.codeOf!(a);
      expect(hex(m.read(blob + 64, m.u32(blob)))).toBe(expected.code);
      expect(Boolean(call.isSelfDestructed!(a))).toBe(model.state.destructed.has(id));
      expect(Boolean(call.isWarm!(a))).toBe(model.state.warm.has(`${id} undefined`));
      for (const key of [0n, 1n, 2n, 1n << 200n]) {
        const slot = call.slot!(a, m.putWord(key));
        const original = model.base.get(id)?.storage.get(key) ?? 0n;
        expect(m.readWord(call.currentPtr!(slot))).toBe(expected.storage.get(key) ?? 0n);
        expect(m.readWord(call.originalPtr!(slot))).toBe(original);
        const out = m.room(32);
        call.transientGet!(m.put(addressOf(id)), m.putWord(key), out);
        expect(m.readWord(out)).toBe(model.state.transient.get(`${id} ${key}`) ?? 0n);
      }
    });
  }
  expect(call.logCount!()).toBe(model.state.logs.length);
  model.state.logs.forEach((id, index) => {
    expect(real.machine.read(call.logAt!(index), 20)).toEqual(addressOf(id));
  });
  expect((call.refund as unknown as WebAssembly.Global).value).toBe(model.state.refund);
}

async function settle(round: Round, model: Model, real: Real): Promise<void> {
  const { call } = real.machine;
  if (round.after === "mark") model.marks.push({ mark: call.baseCheckpoint!(), base: copy(model.base) });
  if (round.after === "revert") {
    const mark = model.marks.pop();
    if (mark) {
      call.baseRevert!(mark.mark);
      model.base = mark.base;
    }
  }
  if (round.after === "override") override(round.override, model, real);
  if (round.after === "root") expect(real.stateRoot()).toBe(await rootOf(model.base));
  if (round.after === "prefetch") prefetch(real, round.override);
  if (round.after === "commit" || round.after === "evict" || round.after === "reopen") {
    real.root = real.run((_, m) => m.commit());
    model.marks = [];
    expect(hex(real.root)).toBe(await rootOf(model.base));
    expect(real.machine.flat.difference(real.root)).toBeUndefined();
    if (round.after === "evict") call.evictState!(BigInt(round.override[0]) << 10n);
    if (round.after === "reopen") real.open();
  }
}

/** Accounts, and as many slots of theirs: a full group of look-ups and another. */
function prefetch({ machine }: Real, [first, key]: Round["override"]): void {
  const count = 40;
  const ids = Array.from({ length: count }, (_, place) => (first + place) % (ACCOUNTS + 1));
  const addresses = machine.put(Buffer.concat(ids.map((id) => addressOf(id))));
  machine.call.prefetchAccounts!(addresses, count);
  const slots = ids.map((_, place) => {
    const slot = Buffer.alloc(36);
    slot.writeUInt32LE(place);
    slot.write((place % 2 === 0 ? key : BigInt(place)).toString(16).padStart(64, "0"), 4, "hex");
    return slot;
  });
  machine.call.prefetchSlots!(addresses, machine.put(Buffer.concat(slots)), count);
  machine.rewind();
}

function override([id, key, value]: Round["override"], model: Model, real: Real): void {
  const account = model.base.get(id) ?? emptyAccount();
  account.nonce = 7n;
  if (value === 0n) account.storage = new Map();
  account.storage.set(key, value);
  model.base.set(id, account);
  real.run((call, m) => {
    const address = m.put(addressOf(id));
    call.overrideNonce!(address, 7n);
    if (value === 0n) call.clearStorage!(address);
    call.overrideSlot!(address, m.putWord(key), m.putWord(value));
  });
}

describe.each(["simd", "scalar"] as const)("state (%s)", (build) => {
  let module: WebAssembly.Module;

  beforeAll(async () => {
    module = await compileStateTest(build);
  });

  test.each(["preimages", "flat"] as const)(
    "agrees with a naive model through frames, marks, commits, evictions, reopenings (%s)",
    async (source) => {
      const property = fc.asyncProperty(rounds, fc.bigInt(0n, (1n << 64n) - 1n), async (all, seed) => {
        const model = new Model();
        const real = new Real(module, build, seed, source);
        for (const round of all) {
          model.begin();
          real.machine.call.beginTransaction!();
          for (const step of round.steps) await step(model, real);
          expectSameView(model, real);
          if (round.finish === "discard") real.machine.call.discardTransaction!();
          else {
            model.end(round.finish === "end");
            real.machine.call.endTransaction!(Number(round.finish === "end"));
          }
          await settle(round, model, real);
        }
        expect(real.stateRoot()).toBe(await rootOf(model.base));
      });
      await fc.assert(property, { numRuns: build === "simd" ? 250 : 50 });
    },
  );

  /** Runs a transaction that the model does not follow. */
  function transact(real: Real, deleteEmpty: boolean, work: (call: StateMachine["call"]) => void): void {
    real.machine.call.beginTransaction!();
    work(real.machine.call);
    real.machine.call.endTransaction!(Number(deleteEmpty));
  }

  function createWithStorage(real: Real, id: number, values: Record<string, bigint>): void {
    transact(real, true, () => {
      real.onAccount(id, (call, a, m) => {
        call.setNonce!(a, 1n);
        for (const key in values) call.setSlot!(call.slot!(a, m.putWord(BigInt(key))), m.putWord(values[key]!));
      });
    });
  }

  const destroy = (real: Real, id: number): void =>
    transact(real, true, () => real.onAccount(id, (call, a) => call.markSelfDestruct!(a)));

  const modelAccount = (storage: [bigint, bigint][]): ModelAccount => ({
    ...emptyAccount(),
    nonce: 1n,
    storage: new Map(storage),
  });

  test("a destroyed account loses its storage and may come back in the same block", async () => {
    const real = new Real(module, build, 1n);
    createWithStorage(real, 1, { 1: 5n, 2: 6n });
    destroy(real, 1);
    expect(real.stateRoot()).toBe(hex(EMPTY_ROOT));
    createWithStorage(real, 1, { 2: 7n });
    expect(real.stateRoot()).toBe(await rootOf(new Map([[1, modelAccount([[2n, 7n]])]])));
  });

  test("undoing a destruction brings storage back, stored or not", async () => {
    const real = new Real(module, build, 1n);
    const before = new Map([[1, modelAccount([[1n, 5n]])]]);
    for (const hashed of [false, true]) {
      createWithStorage(real, 1, { 1: 5n });
      if (hashed) real.stateRoot();
      const mark = real.machine.call.baseCheckpoint!();
      destroy(real, 1);
      createWithStorage(real, 1, { 1: 8n, 9: 9n });
      if (hashed) real.stateRoot();
      real.machine.call.baseRevert!(mark);
      real.machine.call.beginTransaction!();
      const value = real.onAccount(1, (call, a, m) => m.readWord(call.currentPtr!(call.slot!(a, m.putWord(1n)))));
      expect(value).toBe(5n);
      expect(real.stateRoot()).toBe(await rootOf(before));
    }
  });

  test.each([
    [RIPEMD, true],
    [2, false],
  ])("a reverted touch of the empty account %i removes it: %s", async (id, removed) => {
    const real = new Real(module, build, 1n);
    transact(real, false, () => real.onAccount(id, (call, a) => call.touch!(a)));
    const present = await rootOf(new Map([[id, emptyAccount()]]));
    expect(real.stateRoot()).toBe(present);
    transact(real, true, (call) => {
      const mark = call.checkpoint!();
      real.onAccount(id, (_, a) => call.touch!(a));
      call.revertTo!(mark);
    });
    expect(real.stateRoot()).toBe(removed ? hex(EMPTY_ROOT) : present);
  });

  test("EIP-7610: storage counts before and after it reaches the trie", () => {
    const real = new Real(module, build, 1n);
    const hasStorage = (id: number): boolean => {
      real.machine.call.beginTransaction!();
      return Boolean(real.onAccount(id, (call, a) => call.hasStorage!(a)));
    };
    expect(hasStorage(1)).toBe(false);
    createWithStorage(real, 1, { 1: 5n });
    expect(hasStorage(1)).toBe(true);
    real.stateRoot();
    createWithStorage(real, 1, { 1: 0n });
    expect(hasStorage(1)).toBe(false);
  });

  test("code of reverted and discarded transactions is not stored", () => {
    const real = new Real(module, build, 1n);
    const setCode = (id: number, byte: number): number =>
      real.onAccount(id, (call, a, m) => call.setCode!(a, m.put(Uint8Array.of(byte)), 1));
    transact(real, true, () => setCode(1, 0xaa));
    const mark = real.machine.call.baseCheckpoint!();
    transact(real, true, () => setCode(1, 0xbb));
    real.machine.call.baseRevert!(mark);
    real.run((_, m) => m.commit());
    const stored = (byte: number): boolean => real.machine.preimages.has(hex(keccak_256(Uint8Array.of(byte))));
    expect([stored(0xaa), stored(0xbb)]).toEqual([true, false]);
  });

  test("accesses of the last transaction are listed in order", () => {
    const real = new Real(module, build, 1n);
    real.machine.call.beginTransaction!();
    real.onAccount(2, (call, a, m) => call.slot!(a, m.putWord(9n)));
    real.onAccount(0, (call, a, m) => call.slot!(a, m.putWord(4n)));
    real.onAccount(2, (call, a, m) => call.slot!(a, m.putWord(3n)));
    const { call } = real.machine;
    const listed: [string, bigint[]][] = [];
    for (let a = call.firstAccount!(); a !== 0; a = call.nextAccount!(a)) {
      const keys: bigint[] = [];
      for (let s = call.firstSlot!(a); s !== 0; s = call.nextSlot!(s)) keys.push(real.machine.readWord(s));
      listed.push([hex(real.machine.read(a, 20)), keys]);
    }
    expect(listed).toEqual([
      [hex(addressOf(2)), [9n, 3n]],
      [hex(addressOf(0)), [4n]],
    ]);
  });

  test.runIf(build === "simd")("changes of thousands of accounts and slots, which are applied by subtree", async () => {
    const real = new Real(module, build, 1n);
    const count = 1100;
    const state = await createMPT({ useKeyHashing: true });
    const storage = await createMPT({ useKeyHashing: true });
    const codeHash = keccak_256(new Uint8Array(0));
    const address = (index: number): Uint8Array => keccak_256(Uint8Array.of(index >> 8, index & 255)).slice(12);
    const commit = (): string =>
      real.run((_, m) => {
        real.root = m.commit();
        return hex(real.root);
      });
    for (const round of [1n, 2n]) {
      for (let index = 0; index < count; index++) {
        const value = round === 2n && index % 3 === 0 ? 0n : round + BigInt(index);
        real.run((call, m) => {
          call.overrideBalance!(m.put(address(index)), m.putWord(value));
          call.overrideSlot!(m.put(address(0)), m.putWord(BigInt(index)), m.putWord(value));
        });
        await (value === 0n
          ? storage.del(bytes32(BigInt(index)))
          : storage.put(bytes32(BigInt(index)), RLP.encode(value)));
        await state.put(address(index), RLP.encode([0, value, EMPTY_ROOT, codeHash]));
      }
      await state.put(address(0), RLP.encode([0, round === 2n ? 0 : round, storage.root(), codeHash]));
      if (round === 1n) expect(real.stateRoot()).toBe(hex(state.root()));
      expect(commit()).toBe(hex(state.root()));
      real.open();
    }
  });
});
