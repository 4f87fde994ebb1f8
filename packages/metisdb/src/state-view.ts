import { encodeRlp, keccak256 } from "@hyperion/kernel";
import type { ExpectedNode, StateView } from "./api.ts";
import { DatabaseError } from "./errors.ts";
import { nibblesOf, nodeKey, slotKey } from "./keys.ts";
import { leaf, leafValue } from "./trie-node.ts";

/** Where a view reads: keys to values of one version. */
export interface VersionReader {
  get(table: "accounts" | "slots" | "nodes" | "code", key: Uint8Array): Uint8Array | undefined;
  /** The key (as in `accounts` or `slots`) of the only entry under a path at which this version has no node. */
  leafKey(owner: Uint8Array, path: Uint8Array): Uint8Array | undefined;
}

/** The reading half of every view. */
export function readState(reader: VersionReader): Pick<StateView, "account" | "slot" | "node" | "code"> {
  return {
    account: (accountHash) => reader.get("accounts", accountHash),
    slot: (accountHash, slotHash) => reader.get("slots", slotKey(accountHash, slotHash)),
    node: (owner, path, expected) =>
      reader.get("nodes", nodeKey(owner, path)) ??
      (expected && expectedLeaf(reader, owner, path, expected)) ??
      leafUnder(reader, owner, path),
    code: (codeHash) => reader.get("code", codeHash),
  };
}

/** The leaf of the expected key, if it is the node that has the hash: reading one key is faster than finding it. */
function expectedLeaf(
  reader: VersionReader,
  owner: Uint8Array,
  path: Uint8Array,
  { hash, key }: ExpectedNode,
): Uint8Array | undefined {
  const table = owner.length === 0 ? "accounts" : "slots";
  const value = reader.get(table, owner.length === 0 ? key : slotKey(owner, key));
  const rlp = value && encodeRlp(leaf(nibblesOf(key).subarray(path.length), leafValue(table, value)));
  return rlp && Buffer.compare(keccak256(rlp), hash) === 0 ? rlp : undefined;
}

/** Where no branch or extension is stored, at most one entry is under the path. */
function leafUnder(reader: VersionReader, owner: Uint8Array, path: Uint8Array): Uint8Array | undefined {
  const table = owner.length === 0 ? "accounts" : "slots";
  const key = reader.leafKey(owner, path);
  const value = key && reader.get(table, key);
  if (!value) return undefined;
  const rest = nibblesOf(key.subarray(owner.length)).subarray(path.length);
  return encodeRlp(leaf(rest, leafValue(table, value)));
}

export function unknownHeight(height: bigint, head: bigint | undefined): DatabaseError {
  return new DatabaseError("HEIGHT_UNKNOWN", `there is no state of height ${height}; the newest is ${head ?? "none"}`);
}

export function prunedHeight(height: bigint, horizon: bigint): DatabaseError {
  return new DatabaseError(
    "HEIGHT_PRUNED",
    `the state of height ${height} was dropped; the oldest is ${horizon}: an archive keeps all (retain "all")`,
  );
}
