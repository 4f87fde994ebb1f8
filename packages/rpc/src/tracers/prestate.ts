import type { KernelApi, TraceStep } from "@hyperion/kernel";
import type { Json } from "../format/json.ts";
import { data, quantity } from "../hex.ts";
import type { MessageTracer } from "./tracer.ts";

interface PrestateOptions {
  /** Shows what changed, before and after, instead of everything touched. */
  readonly diffMode: boolean;
  readonly disableCode: boolean;
  readonly disableStorage: boolean;
}

/** An account as read from the state, with the slots that were touched. */
interface Snapshot {
  readonly exists: boolean;
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly code: string;
  readonly storage: ReadonlyMap<string, string>;
}

const SLOAD = 0x54;
const SSTORE = 0x55;
/** BALANCE, EXTCODESIZE, EXTCODECOPY, EXTCODEHASH, SELFDESTRUCT: the top of the stack is an account. */
const ACCOUNT_OPS: ReadonlySet<number> = new Set([0x31, 0x3b, 0x3c, 0x3f, 0xff]);
/** CALL, CALLCODE, DELEGATECALL, STATICCALL: the account is below the gas. */
const CALL_OPS: ReadonlySet<number> = new Set([0xf1, 0xf2, 0xf4, 0xfa]);

const ZERO_WORD = `0x${"00".repeat(32)}`;

const unhex = (text: string): Uint8Array => Buffer.from(text.slice(2), "hex");

/** geth's prestateTracer: the accounts and slots a message touched, before it and (diffMode) after it. */
export const prestateTracer = (options: PrestateOptions): MessageTracer => {
  let touched = new Map<string, Set<string>>();
  let created = new Set<string>();
  let checkpoint = 0;
  let observing = true;

  const touch = (address: Uint8Array): Set<string> => {
    const key = data(address);
    const known = touched.get(key);
    if (known) return known;
    const slots = new Set<string>();
    touched.set(key, slots);
    return slots;
  };

  const onStep = (step: TraceStep): void => {
    const { op } = step;
    const isStorage = op === SLOAD || op === SSTORE;
    if (!observing || !(isStorage || ACCOUNT_OPS.has(op) || CALL_OPS.has(op))) return;
    const words = step.stack();
    const top = words.at(-1);
    const target = CALL_OPS.has(op) ? words.at(-2) : top;
    if (isStorage && top) touch(step.address).add(data(top));
    else if (target) touch(target.slice(12));
  };

  const read = (kernel: KernelApi, withStorage: boolean): Map<string, Snapshot> =>
    new Map(
      [...touched].map(([key, slots]) => {
        const address = unhex(key);
        const account = kernel.account(address);
        const storage = new Map<string, string>();
        if (withStorage) for (const slot of slots) storage.set(slot, data(kernel.storage(address, unhex(slot))));
        const snapshot: Snapshot = {
          exists: account !== undefined,
          balance: account?.balance ?? 0n,
          nonce: account?.nonce ?? 0n,
          code: account ? data(kernel.code(address)) : "0x",
          storage,
        };
        return [key, snapshot];
      }),
    );

  return {
    readsEffects: true,
    tracer: {
      onStep,
      onEnter({ kind, from, to }) {
        if (!observing) return;
        touch(from);
        touch(to);
        if (kind === "CREATE" || kind === "CREATE2") created.add(data(to));
      },
    },
    begin({ from, to, authorities }, { kernel, header }) {
      touched = new Map();
      created = new Set();
      touch(from);
      if (to) touch(to);
      touch(header.coinbase);
      for (const authority of authorities) touch(authority);
      checkpoint = kernel.checkpoint();
    },
    finish({ receipt }, { kernel }, replay) {
      if (receipt.contractAddress) touch(receipt.contractAddress);
      const after = read(kernel, !options.disableStorage);
      // The state before is read by undoing the message; it runs again unobserved for what follows it.
      kernel.rollback(checkpoint);
      const before = read(kernel, !options.disableStorage);
      observing = false;
      replay();
      observing = true;
      return options.diffMode ? formatDiff(before, after, options) : formatPrestate(before, created, options);
    },
  };
};

const formatAccount = (snapshot: Snapshot, { disableCode }: PrestateOptions): Json => ({
  balance: quantity(snapshot.balance),
  ...(snapshot.nonce > 0n ? { nonce: Number(snapshot.nonce) } : {}),
  ...(snapshot.code !== "0x" && !disableCode ? { code: snapshot.code } : {}),
});

const formatPrestate = (
  before: ReadonlyMap<string, Snapshot>,
  created: ReadonlySet<string>,
  options: PrestateOptions,
): Json => {
  const result: Json = {};
  for (const [key, snapshot] of before) {
    // A contract that the message creates was not there before, unless its address held something.
    if (created.has(key) && !snapshot.exists) continue;
    const storage = Object.fromEntries(snapshot.storage);
    result[key] = {
      ...formatAccount(snapshot, options),
      ...(snapshot.storage.size > 0 ? { storage } : {}),
    };
  }
  return result;
};

/** The slots of one side that differ from the other; zero means absent. */
const changedSlots = (side: Snapshot, other: Snapshot): [string, string][] =>
  [...side.storage].filter(([slot, value]) => value !== other.storage.get(slot) && value !== ZERO_WORD);

const formatChange = (before: Snapshot, after: Snapshot, options: PrestateOptions): Json => {
  const storage = changedSlots(after, before);
  return {
    ...(after.balance !== before.balance ? { balance: quantity(after.balance) } : {}),
    ...(after.nonce !== before.nonce ? { nonce: Number(after.nonce) } : {}),
    ...(after.code !== before.code && !options.disableCode ? { code: after.code } : {}),
    ...(storage.length > 0 ? { storage: Object.fromEntries(storage) } : {}),
  };
};

const isUnchanged = (before: Snapshot, after: Snapshot): boolean =>
  before.exists === after.exists &&
  before.balance === after.balance &&
  before.nonce === after.nonce &&
  before.code === after.code &&
  [...before.storage].every(([slot, value]) => after.storage.get(slot) === value);

const formatDiff = (
  before: ReadonlyMap<string, Snapshot>,
  after: ReadonlyMap<string, Snapshot>,
  options: PrestateOptions,
): Json => {
  const pre: Json = {};
  const post: Json = {};
  for (const [key, old] of before) {
    const now = after.get(key);
    if (!now || isUnchanged(old, now)) continue;
    const slots = changedSlots(old, now);
    if (old.exists) {
      pre[key] = {
        ...formatAccount(old, options),
        ...(slots.length > 0 ? { storage: Object.fromEntries(slots) } : {}),
      };
    }
    if (now.exists) post[key] = formatChange(old, now, options);
  }
  return { pre, post };
};
