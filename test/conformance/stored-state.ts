import type { StateCommit } from "@hyperion/kernel";
import type { Database } from "@hyperion/metisdb";
import { EMPTY_TRIE_ROOT, toHex } from "./hex.ts";
import { Preimages } from "./preimages.ts";

/** A committed state and what it changed in the one before. */
interface Version {
  readonly parent: Version | undefined;
  readonly height: bigint;
  readonly commit: Pick<StateCommit, "stateRoot" | "changes">;
}

const EMPTY: Version = {
  parent: undefined,
  height: 0n,
  commit: { stateRoot: EMPTY_TRIE_ROOT, changes: { accounts: [], slots: [], nodes: [], code: [] } },
};

/** State in a database, flat and by height. Every commit is a height; going to a side branch is rolling back to the fork. */
export class StoredState extends Preimages {
  readonly #database: Database;
  readonly #versions = new Map<string, Version>([[toHex(EMPTY_TRIE_ROOT), EMPTY]]);
  #current: Version = EMPTY;

  /** Empties the database, which serves one case after the other. */
  constructor(database: Database, blockHash: (number: bigint) => Uint8Array | undefined) {
    super(blockHash);
    this.#database = database;
    if (database.height === undefined) database.append(update(EMPTY));
    else database.rollback(EMPTY.height);
  }

  account(accountHash: Uint8Array): Uint8Array | undefined {
    return this.#database.head.account(accountHash);
  }

  slot(accountHash: Uint8Array, slotHash: Uint8Array): Uint8Array | undefined {
    return this.#database.head.slot(accountHash, slotHash);
  }

  /** Throws where the database does not have it: the preimages would have it too. */
  node(owner: Uint8Array, path: Uint8Array, hash: Uint8Array, key: Uint8Array): Uint8Array {
    const rlp = this.#database.head.node(owner, path, { hash, key });
    if (rlp) return rlp;
    throw new Error(`the database has no node of ${toHex(owner)} at ${path.join(".")}`);
  }

  override addCommit(commit: StateCommit): void {
    super.addCommit(commit);
    this.#current = { parent: this.#current, height: this.#current.height + 1n, commit };
    this.#versions.set(toHex(commit.stateRoot), this.#current);
    this.#database.append(update(this.#current));
  }

  override openState(root: Uint8Array): void {
    const target = this.#versions.get(toHex(root))!;
    const branch: Version[] = [];
    const line = new Set(lineOf(this.#current));
    let fork = target;
    for (; !line.has(fork); fork = fork.parent!) branch.unshift(fork);
    this.#database.write({ rollback: fork.height, states: branch.map(update) });
    this.#current = target;
  }
}

function* lineOf(newest: Version): Generator<Version> {
  for (let version: Version | undefined = newest; version; version = version.parent) yield version;
}

function update({ height, commit }: Version): Parameters<Database["append"]>[0] {
  return { number: height, root: commit.stateRoot, change: commit.changes };
}
