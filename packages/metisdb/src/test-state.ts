import { keccak256, Trie } from "@hyperion/kernel";
import { EMPTY_CODE_HASH, EMPTY_ROOT, encodeAccount } from "./account.ts";
import type { StateChange, StateView } from "./api.ts";
import { nodeKey, slotKey, text } from "./keys.ts";
import { StackTrie } from "./stack-trie.ts";
import { leafValue } from "./trie-node.ts";

/** What happens to one account: `undefined` fields stay. */
export interface AccountEdit {
  readonly account: number;
  readonly remove?: boolean;
  readonly nonce?: number;
  readonly code?: number;
  readonly wipe?: boolean;
  /** Slot number to value; 0 clears. */
  readonly slots?: readonly (readonly [slot: number, value: number])[];
}

interface ModelAccount {
  readonly nonce: number;
  readonly code: number;
  readonly slots: ReadonlyMap<number, number>;
}

/** A naive state: everything in maps, everything rebuilt for every version. */
export class ModelState {
  readonly root: Uint8Array;
  /** Key to value of each table, keyed by `text`. */
  readonly accounts: ReadonlyMap<string, Uint8Array>;
  readonly slots: ReadonlyMap<string, Uint8Array>;
  readonly nodes: ReadonlyMap<string, readonly [owner: Uint8Array, path: Uint8Array, rlp: Uint8Array]>;
  readonly #model: ReadonlyMap<number, ModelAccount>;

  constructor(model: ReadonlyMap<number, ModelAccount> = new Map()) {
    this.#model = model;
    const accounts = new Map<string, Uint8Array>();
    const slots = new Map<string, Uint8Array>();
    const nodes = new Map<string, readonly [Uint8Array, Uint8Array, Uint8Array]>();
    const rootOf = (owner: Uint8Array, entries: [Uint8Array, Uint8Array][]): Uint8Array => {
      const trie = new StackTrie((path, rlp) =>
        nodes.set(text(nodeKey(owner, path)), [owner, new Uint8Array(path), rlp]),
      );
      entries.sort(([a], [b]) => Buffer.compare(a, b));
      for (const [key, value] of entries) trie.add(key, value);
      return trie.root();
    };
    const leaves: [Uint8Array, Uint8Array][] = [];
    for (const [number, { nonce, code, slots: own }] of model) {
      const hash = hashOf(number);
      const storage: [Uint8Array, Uint8Array][] = [];
      for (const [slot, value] of own) {
        slots.set(text(slotKey(hash, hashOf(slot))), Uint8Array.of(value));
        storage.push([hashOf(slot), leafValue("slots", Uint8Array.of(value))]);
      }
      const slim = encodeAccount({
        nonce: Uint8Array.of(nonce),
        balance: new Uint8Array(0),
        storageRoot: rootOf(hash, storage),
        codeHash: code === 0 ? EMPTY_CODE_HASH : keccak256(codeOf(code)),
      });
      accounts.set(text(hash), slim);
      leaves.push([hash, leafValue("accounts", slim)]);
    }
    this.root = rootOf(new Uint8Array(0), leaves);
    this.accounts = accounts;
    this.slots = slots;
    this.nodes = nodes;
  }

  /** @returns the next version, and what a kernel would hand to the database */
  edit(edits: readonly AccountEdit[]): { next: ModelState; change: StateChange } {
    const model = new Map(this.#model);
    const wiped: Uint8Array[] = [];
    const code: [Uint8Array, Uint8Array][] = [];
    for (const edit of edits) {
      const old = model.get(edit.account);
      const next = edited(old, edit);
      if (next) model.set(edit.account, next);
      else model.delete(edit.account);
      if (old && (edit.wipe || !next)) wiped.push(hashOf(edit.account));
      if (next && next.code !== 0) code.push([keccak256(codeOf(next.code)), codeOf(next.code)]);
    }
    const next = new ModelState(model);
    return { next, change: { ...difference(this, next, wiped), code, wipedStorage: wiped } };
  }

  /** Compares everything a view can answer. @returns the first difference in words */
  compare(view: StateView): string | undefined {
    if (Buffer.compare(view.root, this.root) !== 0) return "root";
    for (let account = 0; account < ACCOUNTS; account++) {
      const hash = hashOf(account);
      if (!same(view.account(hash), this.accounts.get(text(hash)))) return `account ${account}`;
      for (let slot = 0; slot < SLOTS; slot++) {
        const expected = this.slots.get(text(slotKey(hash, hashOf(slot))));
        if (!same(view.slot(hash, hashOf(slot)), expected)) return `slot ${slot} of ${account}`;
      }
      const own = this.#model.get(account);
      if (own?.code && !same(view.code(keccak256(codeOf(own.code))), codeOf(own.code))) return `code of ${account}`;
    }
    for (const [owner, path, rlp] of this.nodes.values()) {
      if (!same(view.node(owner, path), rlp)) return `node at ${path.join()}`;
    }
    return this.#compareLeaves(view);
  }

  /** Every hash in a stored node leads to a node with that hash: the leaves are right too. */
  #compareLeaves(view: StateView): string | undefined {
    for (const [owner, path, rlp] of this.nodes.values()) {
      for (let nibble = 0; nibble < 16; nibble++) {
        const child = [...path, nibble];
        const found = view.node(owner, Uint8Array.from(child));
        const stored = this.nodes.get(text(nodeKey(owner, Uint8Array.from(child))))?.[2];
        if (stored && !same(found, stored)) return `child ${child.join()}`;
        if (
          found &&
          !stored &&
          found.length >= 32 &&
          isBranch(rlp) &&
          !Buffer.from(rlp).includes(Buffer.from(keccak256(found)))
        ) {
          return `leaf at ${child.join()}`;
        }
      }
    }
    return undefined;
  }
}

export const ACCOUNTS = 10;
export const SLOTS = 8;

/** Hashes that share many beginnings, so that small tries have extensions and deep branches. */
export function hashOf(number: number): Uint8Array {
  const hash = keccak256(Uint8Array.of(number));
  hash[0] = number & 1 ? 0x11 : 0x12;
  hash[1] = number & 2 ? 0x11 : 0x13;
  hash[2] = number & 4 ? 0xff : 0xf0;
  return hash;
}

/** The root by another implementation. */
export function rootByKernel(entries: Iterable<readonly [Uint8Array, Uint8Array]>): Uint8Array {
  const trie = new Trie();
  let empty = true;
  for (const [key, value] of entries) {
    trie.set(key, value);
    empty = false;
  }
  return empty ? EMPTY_ROOT : trie.root();
}

function codeOf(code: number): Uint8Array {
  return new Uint8Array(code * 3).fill(code);
}

function edited(old: ModelAccount | undefined, edit: AccountEdit): ModelAccount | undefined {
  if (edit.remove) return undefined;
  const slots = new Map(edit.wipe ? [] : old?.slots);
  for (const [slot, value] of edit.slots ?? []) {
    if (value === 0) slots.delete(slot);
    else slots.set(slot, value);
  }
  return { nonce: edit.nonce ?? old?.nonce ?? 1, code: edit.code ?? old?.code ?? 0, slots };
}

/** Storage of wiped accounts is left for the database to remove, as far as it does not come back. */
function difference(
  old: ModelState,
  next: ModelState,
  wiped: readonly Uint8Array[],
): Pick<StateChange, "accounts" | "slots" | "nodes"> {
  const isWiped = (owner: Uint8Array): boolean => wiped.some((hash) => same(hash, owner));
  const bytes = (key: string): Uint8Array => Buffer.from(key, "latin1");
  const accounts = changedKeys(old.accounts, next.accounts, same).map(
    (key) => [bytes(key), next.accounts.get(key)] as const,
  );
  const slots = changedKeys(old.slots, next.slots, (a, b, key) => same(a, b) && !isWiped(bytes(key).subarray(0, 32)))
    .map((key) => [bytes(key).subarray(0, 32), bytes(key).subarray(32), next.slots.get(key)] as const)
    .filter(([owner, , value]) => value !== undefined || !isWiped(owner));
  const nodes = changedKeys(old.nodes, next.nodes, (a, b) => same(a?.[2], b?.[2]) && !isWiped((a ?? b)![0]))
    .map((key) => {
      const [owner, path] = (next.nodes.get(key) ?? old.nodes.get(key))!;
      return [owner, path, next.nodes.get(key)?.[2]] as const;
    })
    .filter(([owner, , rlp]) => rlp !== undefined || owner.length === 0 || !isWiped(owner));
  return { accounts, slots, nodes };
}

function changedKeys<V>(
  old: ReadonlyMap<string, V>,
  next: ReadonlyMap<string, V>,
  equal: (a: V | undefined, b: V | undefined, key: string) => boolean,
): string[] {
  return [...new Set([...old.keys(), ...next.keys()])].filter((key) => !equal(old.get(key), next.get(key), key));
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}

/** A branch's list of 17 items is longer than any extension of these tries. */
function isBranch(rlp: Uint8Array): boolean {
  return rlp[0] !== undefined && rlp.length > 70;
}
