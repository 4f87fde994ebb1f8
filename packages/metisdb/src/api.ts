import type { TableStatistics } from "./tables.ts";

/**
 * The state as the database keeps it: flat, versioned by block height, with the trie's branch nodes by path beside it.
 *
 * - An *account hash* is keccak-256 of the address, a *slot hash* keccak-256 of the 32-byte storage key.
 * - An *account value* is slim RLP: the account's list [nonce, balance, storage root, code hash] in which the root of an
 *   empty trie and the hash of empty code are empty strings.
 * - A *slot value* is the 256-bit value as big-endian bytes without leading zeros (1–32 bytes). A slot of zero is absent.
 * - An *owner* is empty for the account trie, the account hash for the trie of an account's storage.
 * - A *path* has one nibble (0–15) per byte.
 */

/** A new value; `undefined` removes. */
export type AccountChange = readonly [accountHash: Uint8Array, account: Uint8Array | undefined];
export type SlotChange = readonly [accountHash: Uint8Array, slotHash: Uint8Array, value: Uint8Array | undefined];
/** RLP of a branch or extension node; `undefined` where none is any more. Leaves and nodes embedded in their parent do not occur. */
export type NodeChange = readonly [owner: Uint8Array, path: Uint8Array, rlp: Uint8Array | undefined];
export type CodeChange = readonly [codeHash: Uint8Array, code: Uint8Array];

/** What one block changes in the state. Each key occurs at most once. */
export interface StateChange {
  readonly accounts: readonly AccountChange[];
  readonly slots: readonly SlotChange[];
  readonly nodes: readonly NodeChange[];
  readonly code: readonly CodeChange[];
  /** Accounts that lost all slots and storage nodes before `slots` and `nodes` apply. */
  readonly wipedStorage?: readonly Uint8Array[];
}

/** What the asker knows of a node: its keccak-256, and the key it is looking for, which saves the search for a leaf's. */
export interface ExpectedNode {
  readonly hash: Uint8Array;
  /** Account or slot hash. */
  readonly key: Uint8Array;
}

/** One version of the state. It does not change while blocks are appended, rolled back or pruned. */
export interface StateView {
  readonly height: bigint;
  /** Root of the account trie. */
  readonly root: Uint8Array;
  account(accountHash: Uint8Array): Uint8Array | undefined;
  slot(accountHash: Uint8Array, slotHash: Uint8Array): Uint8Array | undefined;
  /** RLP of the node at a path, leaves too (built from their flat entry). `undefined` when none is there, or it is embedded in its parent. */
  node(owner: Uint8Array, path: Uint8Array, expected?: ExpectedNode): Uint8Array | undefined;
  code(codeHash: Uint8Array): Uint8Array | undefined;
  /** Lets the version go; the view must not be used afterwards. Idempotent. */
  release(): void;
}

/** What a block must survive before it counts as persisted. */
export type Durability =
  /** Power cut: its log record is synced first. Loses nothing acknowledged. */
  | "block"
  /** Crash of the process; a power cut loses at most the last `syncIntervalMs` of acknowledged blocks. */
  | "interval"
  /** Crash of the process; a power cut loses what the system had not written back. */
  | "os";

export interface DatabaseOptions {
  /** Default `block`. */
  readonly durability?: Durability;
  /** Used with `interval`; default 100. */
  readonly syncIntervalMs?: number;
  /** Blocks below the head whose state stays readable; `all` keeps an archive. Default 100 000. */
  readonly retain?: number | "all";
  /** Bytes of changes that may wait in memory for the background writer before `backpressure` waits. Default 64 MiB. */
  readonly pendingBytes?: number;
}

/** What opening found in the log and did with it. */
export interface RecoveryReport {
  /** The last time, the database was closed in good order: nothing had to be done. */
  readonly clean: boolean;
  /** Records of the log that the stores did not have; they get them in the background. */
  readonly replayedRecords: number;
  /** Bytes behind the last whole record, dropped: never acknowledged, torn by a crash. */
  readonly discardedBytes: number;
  /** Why reading stopped before the end of the log. */
  readonly damage: string | undefined;
  /** Height of the state after recovery; -1 when there is none. */
  readonly height: bigint;
  readonly milliseconds: number;
}

export interface DatabaseStatistics {
  readonly format: string;
  readonly height: bigint;
  /** Height of the oldest readable state. */
  readonly horizon: bigint;
  readonly stores: Readonly<Record<string, TableStatistics>>;
  readonly fileBytes: number;
  readonly logBytes: number;
  /** Bytes of flat entries and of the branch nodes above them, per entry. */
  readonly bytesPerAccount: number;
  readonly bytesPerSlot: number;
}

/** First difference between the flat state and what is stored about it. */
export interface VerifyDifference {
  readonly kind: "root" | "storageRoot" | "node" | "extraNode" | "missingNode" | "orphanSlot" | "code" | "record";
  /** Account hash; empty for the account trie. */
  readonly owner: Uint8Array;
  readonly path: Uint8Array;
  readonly description: string;
}

export interface VerifyReport {
  readonly height: bigint;
  readonly root: Uint8Array;
  readonly accounts: number;
  readonly slots: number;
  readonly nodes: number;
  readonly difference: VerifyDifference | undefined;
}

export interface SnapshotInfo {
  readonly height: bigint;
  readonly root: Uint8Array;
  readonly accounts: number;
  readonly slots: number;
  /** Of blocks: those of whole blocks, and those that came alone. */
  readonly headers: number;
  readonly bytes: number;
}

/**
 * The versioned state of `Database` (which also keeps blocks and indexes).
 *
 * @example
 * const database = Database.open("./data", { retain: 10_000 });
 * database.append({ number, root, change }, { blocks: [block], canonize: [block] });
 * await database.durable();
 * const old = database.view(number - 5n);
 */
export interface StateDatabase {
  /** The newest version, of which nothing is copied: it moves with every `append` and `rollback`. */
  readonly head: StateView;
  /** A version that stays. @throws DatabaseError HEIGHT_UNKNOWN (above the head), HEIGHT_PRUNED (below the horizon) */
  view(height: bigint): StateView;
  /** Drops the versions above a height. In time proportional to what they changed. @throws as `view` */
  rollback(height: bigint): void;
  /** Resolves when everything handed over is as durable as the options ask. @throws DatabaseError WRITE_FAILED, DISK_FULL */
  durable(): Promise<void>;
  /** Resolves at once while the background writer keeps up. @throws as `durable` */
  backpressure(): Promise<void>;
  /** Resolves when everything handed over is in the stores, where readers of other threads find it. @throws as `durable` */
  flush(): Promise<void>;
  /** Drops history below `height` (default: as `retain` says) now instead of in the background. */
  prune(height?: bigint): Promise<void>;
  snapshotExport(height: bigint, file: string): Promise<SnapshotInfo>;
  verify(): Promise<VerifyReport>;
  stat(): Promise<DatabaseStatistics>;
  close(): Promise<void>;
  readonly recovery: RecoveryReport;
}
