import { keccak256 } from "@hyperion/kernel";
import { decodeAccount, EMPTY_CODE_HASH, EMPTY_ROOT } from "./account.ts";
import type { VerifyDifference, VerifyReport } from "./api.ts";
import { DatabaseError } from "./errors.ts";
import { nodeKey, numberKey, parseNodeKey } from "./keys.ts";
import { type OnProgress, walked } from "./progress.ts";
import { StackTrie } from "./stack-trie.ts";
import { leafValue } from "./trie-node.ts";
import type { Snapshot } from "./version.ts";

const NO_OWNER = new Uint8Array(0);
const HASH = 32;
/** Entries between two pauses in which others may run. */
const STRIDE = 2000;

/**
 * Rebuilds the state's root from the flat entries of the tables, in one pass over them in the order of their keys, and
 * compares every node on the way with the one that is stored. Stops at the first difference.
 */
export async function verify(snapshot: Snapshot, onProgress: OnProgress = () => {}): Promise<VerifyReport> {
  const check = new Check(snapshot, onProgress);
  try {
    return check.report(await check.run());
  } catch (error) {
    if (error instanceof Difference) return check.report(error.difference);
    if (error instanceof DatabaseError && error.code === "RECORD_DAMAGED") {
      return check.report({ kind: "record", owner: check.account, path: NO_OWNER, description: error.shortMessage });
    }
    throw error;
  }
}

/** Leaves the walk at the first difference. */
class Difference extends Error {
  readonly difference: VerifyDifference;

  constructor(difference: VerifyDifference) {
    super(difference.description);
    this.difference = difference;
  }
}

class Check {
  /** Account under the walk. */
  account: Uint8Array = NO_OWNER;
  readonly #snapshot: Snapshot;
  readonly #root: Uint8Array;
  #accounts = 0;
  #slots = 0;
  #nodes = 0;
  #steps = 0;
  readonly #onProgress: OnProgress;

  constructor(snapshot: Snapshot, onProgress: OnProgress) {
    const { position, environment, reader } = snapshot;
    this.#snapshot = snapshot;
    this.#onProgress = onProgress;
    this.#root = environment.tables.states.get(numberKey(position.height ?? 0n), reader) ?? EMPTY_ROOT;
  }

  report(difference: VerifyDifference | undefined): VerifyReport {
    return {
      height: this.#snapshot.position.height ?? -1n,
      root: this.#root,
      accounts: this.#accounts,
      slots: this.#slots,
      nodes: this.#nodes,
      difference,
    };
  }

  async run(): Promise<VerifyDifference | undefined> {
    const { environment, reader } = this.#snapshot;
    const { accounts, slots } = environment.tables;
    const trie = new StackTrie((path, rlp) => this.#compareNode(NO_OWNER, path, rlp));
    const storage = slots.range(reader);
    let slot = storage.next();
    for (const [hash, slim] of accounts.range(reader)) {
      this.account = hash;
      this.#accounts++;
      const owned = new StackTrie((path, rlp) => this.#compareNode(hash, path, rlp));
      while (!slot.done && belongsTo(slot.value[0], hash)) {
        owned.add(slot.value[0].subarray(HASH), leafValue("slots", slot.value[1]));
        this.#slots++;
        slot = storage.next();
        await this.#pause();
      }
      if (!slot.done && Buffer.compare(slot.value[0].subarray(0, HASH), hash) < 0) break;
      this.#compareAccount(hash, slim, owned.root());
      trie.add(hash, leafValue("accounts", slim));
      await this.#pause();
    }
    if (!slot.done) {
      return difference(
        "orphanSlot",
        slot.value[0].slice(0, HASH),
        NO_OWNER,
        "slots of an account that does not exist",
      );
    }
    this.account = NO_OWNER;
    const root = trie.root();
    if (Buffer.compare(root, this.#root) !== 0) {
      return difference(
        "root",
        NO_OWNER,
        NO_OWNER,
        `the flat state's root is ${hex(root)}, recorded is ${hex(this.#root)}`,
      );
    }
    return this.#extraNode();
  }

  #compareAccount(hash: Uint8Array, slim: Uint8Array, root: Uint8Array): void {
    const { storageRoot, codeHash } = decodeAccount(slim);
    if (Buffer.compare(root, storageRoot) !== 0) {
      const found = `the slots' root is ${hex(root)}, the account has ${hex(storageRoot)}`;
      throw new Difference(difference("storageRoot", hash, NO_OWNER, found));
    }
    if (Buffer.compare(codeHash, EMPTY_CODE_HASH) === 0) return;
    const { environment, reader } = this.#snapshot;
    const code = environment.tables.code.get(codeHash, reader);
    if (code && Buffer.compare(keccak256(code), codeHash) === 0) return;
    throw new Difference(
      difference("code", hash, NO_OWNER, `code ${hex(codeHash)} is ${code ? "damaged" : "missing"}`),
    );
  }

  #compareNode(owner: Uint8Array, path: Uint8Array, rlp: Uint8Array): void {
    const { environment, reader } = this.#snapshot;
    const stored = environment.tables.nodes.get(nodeKey(owner, path), reader);
    this.#nodes++;
    if (stored && Buffer.compare(stored, rlp) === 0) return;
    const kind = stored ? "node" : "missingNode";
    throw new Difference(
      difference(kind, owner, path, `the flat state gives ${hex(rlp)}, stored is ${stored ? hex(stored) : "nothing"}`),
    );
  }

  /** Every node of the trie was found: one more is one too many. Its parent does not name it. */
  #extraNode(): VerifyDifference | undefined {
    const extra = this.#storedNodes() - this.#nodes;
    if (extra === 0) return undefined;
    const { environment, reader } = this.#snapshot;
    for (const [key, rlp] of environment.tables.nodes.range(reader)) {
      const { owner, path } = parseNodeKey(key);
      if (path.length > 0 && !this.#isNamed(owner, path, rlp)) {
        return difference("extraNode", owner, path, `${hex(rlp)} is stored, but no node names it`);
      }
    }
    return difference("extraNode", NO_OWNER, NO_OWNER, `${extra} nodes are stored that no account names`);
  }

  #storedNodes(): number {
    const { environment, reader } = this.#snapshot;
    let count = 0;
    for (const _ of environment.tables.nodes.range(reader)) count++;
    return count;
  }

  #isNamed(owner: Uint8Array, path: Uint8Array, rlp: Uint8Array): boolean {
    const { environment, reader } = this.#snapshot;
    const hash = Buffer.from(keccak256(rlp));
    for (let depth = path.length - 1; depth >= 0; depth--) {
      const parent = environment.tables.nodes.get(nodeKey(owner, path.subarray(0, depth)), reader);
      if (parent) return Buffer.from(parent).includes(hash);
    }
    return false;
  }

  async #pause(): Promise<void> {
    if (++this.#steps % STRIDE !== 0) return;
    this.#onProgress(walked(this.account));
    await new Promise(setImmediate);
  }
}

function belongsTo(slotKey: Uint8Array, account: Uint8Array): boolean {
  return Buffer.compare(slotKey.subarray(0, HASH), account) === 0;
}

function difference(
  kind: VerifyDifference["kind"],
  owner: Uint8Array,
  path: Uint8Array,
  description: string,
): VerifyDifference {
  return { kind, owner, path, description };
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}
