import type { StateChange, StateCommit } from "@hyperion/kernel";
import type { StateView } from "@hyperion/metisdb";
import { byteKey } from "./byte-key.ts";
import { type ChainStore, devChangesName } from "./chain-store.ts";
import { encodeRlp, rlpBytes, rlpList } from "./rlp.ts";

type Part = [key: Uint8Array, place: Uint8Array, value: Uint8Array | undefined];

/** The values before a change of the state, and the root. */
interface Undo {
  readonly root: Uint8Array;
  readonly accounts: readonly Part[];
  readonly slots: readonly Part[];
  readonly nodes: readonly Part[];
}

const NOTHING = new Uint8Array(0);

/**
 * What dev controls changed in the head's state after its block. The database knows one state per height, so going back
 * within a height takes the values before each change; they are kept beside the block.
 */
export class DevJournal {
  readonly #store: ChainStore;

  constructor(store: ChainStore) {
    this.#store = store;
  }

  /** Changes of the head's state since its block. */
  get length(): number {
    const length = this.#store.database.meta(devChangesName(this.#store.head.hash));
    return length ? Number(Buffer.from(length).toString()) : 0;
  }

  /** Makes a commit on the head's state part of it. */
  record(commit: StateCommit): void {
    const { head, database } = this.#store;
    const { length } = this;
    this.#store.changeHeadState(commit, [
      [devChangesName(head.hash, length), encodeUndo(undoOf(commit.changes, database.head))],
      [devChangesName(head.hash), Buffer.from(`${length + 1}`)],
    ]);
  }

  /** Leaves the first `length` changes. The kernel has to be opened again afterwards. */
  undoTo(length: number): void {
    const { head, database } = this.#store;
    const undos: Undo[] = [];
    for (let index = this.length - 1; index >= length; index--) {
      undos.push(decodeUndo(database.meta(devChangesName(head.hash, index))!));
    }
    const oldest = undos.at(-1);
    if (!oldest) return;
    const changes: StateChange = {
      accounts: oldestOf(undos, "accounts").map(([key, , value]) => [key, value]),
      slots: oldestOf(undos, "slots"),
      nodes: oldestOf(undos, "nodes"),
      code: [],
    };
    this.#store.changeHeadState({ stateRoot: oldest.root, changes }, [
      ...undos.map((_, offset) => [devChangesName(head.hash, length + offset), undefined] as const),
      [devChangesName(head.hash), length === 0 ? undefined : Buffer.from(`${length}`)],
    ]);
  }
}

function undoOf({ accounts, slots, nodes }: StateChange, before: StateView): Undo {
  return {
    root: before.root,
    accounts: accounts.map(([hash]) => [hash, NOTHING, before.account(hash)]),
    slots: slots.map(([account, slot]) => [account, slot, before.slot(account, slot)]),
    nodes: nodes.map(([owner, path]) => [owner, path, inner(before.node(owner, path))]),
  };
}

/** Leaves are not stored: they follow from accounts and slots. */
function inner(node: Uint8Array | undefined): Uint8Array | undefined {
  if (!node) return undefined;
  const items = rlpList(node);
  const isLeaf = items.length === 2 && rlpBytes(node, items[0]!)[0]! >= 0x20;
  return isLeaf ? undefined : node;
}

/** Per key the value before the first of the changes. @param undos newest first */
function oldestOf(undos: readonly Undo[], part: "accounts" | "slots" | "nodes"): Part[] {
  const parts = undos.flatMap((undo) => undo[part]);
  return [...new Map(parts.map((entry) => [`${byteKey(entry[0])}/${byteKey(entry[1])}`, entry])).values()];
}

/** [root, accounts, slots, nodes], each of [key, place, value]; no value is empty. */
function encodeUndo({ root, ...parts }: Undo): Uint8Array {
  const lists = [parts.accounts, parts.slots, parts.nodes];
  return encodeRlp([root, ...lists.map((list) => list.map(([key, place, value]) => [key, place, value ?? NOTHING]))]);
}

function decodeUndo(bytes: Uint8Array): Undo {
  const [root, ...lists] = rlpList(bytes);
  const [accounts, slots, nodes] = lists.map((list) =>
    rlpList(bytes, list.start).map((entry): Part => {
      const [key, place, value] = rlpList(bytes, entry.start).map((item) => rlpBytes(bytes, item));
      return [key!, place!, value!.length === 0 ? undefined : value!];
    }),
  );
  return { root: rlpBytes(bytes, root!), accounts: accounts!, slots: slots!, nodes: nodes! };
}
