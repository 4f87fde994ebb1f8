import type { StateChange, StateCommit } from "./types.ts";

/** Kinds of records and the bytes of their keys: assembly/trie/emit.ts. */
const ACCOUNT = 1;
const SLOT = 2;
const STORAGE_NODE = 4;
const LEAF = 5;
const CODE = 6;
const WIPED = 7;
const KEY_BYTES = [0, 32, 64, 64, 96, 32, 32, 32];

/** What a commit hands over: entries by key, nodes by hash, or both. */
export type CommitForm = "changes" | "preimages" | "both";

/** The form's number in the kernel. */
export const COMMIT_FORMS: Readonly<Record<CommitForm, number>> = { preimages: 1, changes: 2, both: 3 };

const STATE_TRIE = new Uint8Array(0);

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/** Turns the kernel's records into the parts of a `StateCommit`. */
export class CommitReader {
  readonly #form: number;
  #changes = noChanges();
  #preimages: [Uint8Array, Uint8Array][] = [];
  /** Places from which a node was removed: one may be left several times between commits. */
  readonly #vacated = new Set<string>();

  constructor(form: CommitForm) {
    this.#form = COMMIT_FORMS[form];
  }

  /** What was read since the last call. */
  take(): Omit<StateCommit, "stateRoot"> {
    const taken = { changes: this.#changes, preimages: this.#preimages };
    this.#changes = noChanges();
    this.#preimages = [];
    this.#vacated.clear();
    return taken;
  }

  /** One copy per record, so that keeping an entry does not keep its whole batch. */
  read(batch: Uint8Array): void {
    const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
    for (let at = 0; at < batch.length; ) {
      const header = view.getUint32(at, true);
      const key = KEY_BYTES[header & 255]!;
      const end = at + 8 + key + view.getUint32(at + 4, true);
      this.#record(header & 255, (header >> 8) & 255, batch.slice(at + 8, end), key);
      at = (end + 3) & ~3;
    }
  }

  #record(kind: number, nibbles: number, record: Uint8Array, key: number): void {
    const bytes = record.subarray(key);
    const value = bytes.length === 0 ? undefined : bytes;
    const first = record.subarray(0, 32);
    const { accounts, slots, code, wipedStorage } = this.#changes;
    if (kind === ACCOUNT) accounts.push([first, value]);
    else if (kind === SLOT) slots.push([first, record.subarray(32, 64), value]);
    else if (kind === WIPED) wipedStorage.push(first);
    else {
      if (kind !== LEAF && this.#form & COMMIT_FORMS.changes) {
        if (kind === CODE) code.push([first, bytes]);
        else
          this.#node(
            kind === STORAGE_NODE ? record.subarray(64, 96) : STATE_TRIE,
            nibblesOf(record, 32, nibbles),
            value,
          );
      }
      if (value && this.#form & COMMIT_FORMS.preimages) this.#preimages.push([first, bytes]);
    }
  }

  #node(owner: Uint8Array, path: Uint8Array, rlp: Uint8Array | undefined): void {
    if (!rlp) {
      const place = `${Buffer.from(owner).toString("latin1")}/${Buffer.from(path).toString("latin1")}`;
      if (this.#vacated.has(place)) return;
      this.#vacated.add(place);
    }
    this.#changes.nodes.push([owner, path, rlp]);
  }
}

function noChanges(): Mutable<Required<StateChange>> {
  return { accounts: [], slots: [], nodes: [], code: [], wipedStorage: [] };
}

/** The first nibbles of the packed ones at `offset`, one per byte. */
export function nibblesOf(packed: Uint8Array, offset: number, nibbles: number): Uint8Array {
  const path = new Uint8Array(nibbles);
  for (let i = 0; i < nibbles; i++) {
    const byte = packed[offset + (i >> 1)]!;
    path[i] = i & 1 ? byte & 15 : byte >> 4;
  }
  return path;
}
