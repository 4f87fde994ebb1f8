import { encodeReceipt, orderedRoot, RlpError, rlpListOf } from "@hyperion/chain";
import type { Execution } from "@hyperion/kernel";
import { bytesToHex, type Hex, hexToBytes, keccak256 } from "viem";
import type { RollupConfig } from "../config/rollup-config.ts";
import type { L2Block } from "../derive/l2-block.ts";
import { FormatError } from "../formats/errors.ts";
import { outputRoot } from "../formats/output-root.ts";
import { type RawBlock, type RawHeader, readRawBlock, readRawHeader } from "../roles/raw-block.ts";
import { SnapshotError } from "./errors.ts";

/** A block as a database keeps it. */
export interface StoredParts {
  readonly header: Uint8Array;
  /** The rest of the block's list payload. */
  readonly body: Uint8Array;
  readonly execution: Execution;
}

/** The blocks of a database. */
export interface BlockStore {
  canonicalHash(number: bigint): Uint8Array | undefined;
  header(hash: Uint8Array): Uint8Array | undefined;
  /** `undefined` also for a block of which only the header is there. */
  block(hash: Uint8Array): StoredParts | undefined;
}

/** What has to be true of a snapshot's block for the snapshot to be believed. */
export interface SnapshotClaim {
  readonly number: bigint;
  readonly hash: Hex;
  readonly outputRoot: Hex;
}

/**
 * The lowest L1 origin of blocks that derivation may ask for when it goes on behind a block of `origin`: it reads L1 again
 * from a channel timeout before, and what is posted there may begin a sequencing window earlier.
 */
const lowestOrigin = (origin: bigint, { channelTimeout, sequencingWindow }: RollupConfig): bigint =>
  origin - channelTimeout - sequencingWindow;

/**
 * The first block that has to come along whole with a snapshot at `height`, for derivation to go on from there.
 *
 * @throws SnapshotError SNAPSHOT_INCOMPLETE when the store itself lacks one, SNAPSHOT_INVALID
 */
export const firstWholeBlock = (store: BlockStore, height: bigint, config: RollupConfig): bigint => {
  const genesis = config.genesis.l2.number;
  if (height <= genesis) return height;
  const lowest = lowestOrigin(requireWhole(store, height, config).origin.number, config);
  let number = height;
  while (number > genesis + 1n && requireWhole(store, number, config).origin.number > lowest) number--;
  return number;
};

const requireWhole = (store: BlockStore, number: bigint, config: RollupConfig): L2Block => {
  const hash = store.canonicalHash(number);
  const parts = hash && store.block(hash);
  if (!parts) throw new SnapshotError("SNAPSHOT_INCOMPLETE", `block ${number} is needed and not there`);
  return readWhole(parts, config).block;
};

/**
 * Holds every block of a snapshot against the hash of its newest: headers by their hashes, transactions and receipts by their
 * roots, the state by its root. Nothing else is taken from the file, so that hash vouches for all of it but what receipts do
 * not say (senders, gas prices).
 *
 * @param state of the import: its height and root, and how many headers there are
 * @throws SnapshotError SNAPSHOT_FOREIGN, SNAPSHOT_INVALID, SNAPSHOT_INCOMPLETE
 */
export const checkSnapshotBlocks = (
  store: BlockStore,
  { height, root, headers }: { readonly height: bigint; readonly root: Uint8Array; readonly headers: number },
  config: RollupConfig,
): SnapshotClaim => {
  checkGenesis(store, config);
  const genesis = config.genesis.l2.number;
  const hash = store.canonicalHash(height);
  if (!hash || height <= genesis) throw invalid(`has no block ${height}`);
  const { header } = checkedBlock(store, height, hash, config);
  if (!same(header.stateRoot, root)) throw invalid("holds another state than its block names");
  const whole = checkWhole(store, height, hash, config);
  const alone = checkHeaders(store, whole.number - 1n, whole.header.parentHash, genesis);
  if (whole.count + alone + 1 !== headers) throw invalid("has blocks that do not lead to its newest");
  return {
    number: height,
    hash: bytesToHex(hash),
    outputRoot: outputRoot({
      stateRoot: bytesToHex(header.stateRoot),
      messagePasserStorageRoot: bytesToHex(header.withdrawalsRoot),
      blockHash: bytesToHex(hash),
    }),
  };
};

const checkGenesis = (store: BlockStore, config: RollupConfig): void => {
  const { number, hash } = config.genesis.l2;
  const stored = store.canonicalHash(number);
  if (stored && bytesToHex(stored) === hash) {
    checkedBlock(store, number, stored, config);
    return;
  }
  throw new SnapshotError("SNAPSHOT_FOREIGN", `its chain does not begin with ${hash}`);
};

/** From the newest block down while blocks are whole. @returns the lowest of them, and how many they are */
const checkWhole = (
  store: BlockStore,
  height: bigint,
  newest: Uint8Array,
  config: RollupConfig,
): { readonly number: bigint; readonly header: RawHeader; readonly count: number } => {
  const genesis = config.genesis.l2.number;
  let lowest = checkedBlock(store, height, newest, config);
  const needed = lowestOrigin(lowest.block.origin.number, config);
  let count = 1;
  while (lowest.block.number > genesis + 1n && store.block(lowest.header.parentHash)) {
    lowest = checkedBlock(store, lowest.block.number - 1n, lowest.header.parentHash, config);
    count++;
  }
  const { number, origin } = lowest.block;
  if (number > genesis + 1n && origin.number > needed) {
    throw new SnapshotError(
      "SNAPSHOT_INCOMPLETE",
      `it has whole blocks from ${number} on, too few to derive from: export it with --deployment`,
    );
  }
  return { number, header: lowest.header, count };
};

/** @returns how many headers stand alone, below the whole blocks and above genesis */
const checkHeaders = (store: BlockStore, from: bigint, parentHash: Uint8Array, genesis: bigint): number => {
  let count = 0;
  let hash = parentHash;
  for (let number = from; number > genesis; number--) {
    const rlp = store.header(hash);
    if (!rlp) break;
    hash = checkedHeader(store, number, hash, rlp).parentHash;
    count++;
  }
  return count;
};

const checkedHeader = (store: BlockStore, number: bigint, hash: Uint8Array, rlp: Uint8Array): RawHeader => {
  const canonical = store.canonicalHash(number);
  if (!canonical || !same(canonical, hash)) throw invalid(`has another block ${number} than the one above it names`);
  if (keccak256(rlp) !== bytesToHex(hash)) throw invalid(`has a header of block ${number} with another hash`);
  const header = reading(() => readRawHeader(rlp));
  if (header.number !== number) throw invalid(`has block ${header.number} in the place of block ${number}`);
  return header;
};

const checkedBlock = (store: BlockStore, number: bigint, hash: Uint8Array, config: RollupConfig): RawBlock => {
  const parts = store.block(hash);
  if (!parts) throw invalid(`has no whole block ${number}`);
  checkedHeader(store, number, hash, parts.header);
  const raw = readWhole(parts, config);
  const { records, receipts } = parts.execution;
  const isSame =
    records.length === raw.transactions.length &&
    records.every((record, index) => same(record.hash, hexToBytes(keccak256(raw.transactions[index]!)))) &&
    same(orderedRoot(receipts.map(encodeReceipt)), raw.header.receiptsRoot);
  if (!isSame) throw invalid(`has other receipts of block ${number} than its header says`);
  return raw;
};

const readWhole = ({ header, body }: StoredParts, config: RollupConfig): RawBlock =>
  reading(() => readRawBlock(rlpListOf([header, body]), config));

const reading = <T>(read: () => T): T => {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RlpError || cause instanceof FormatError)) throw cause;
    throw new SnapshotError("SNAPSHOT_INVALID", `it has a block that cannot be read: ${cause.shortMessage}`, { cause });
  }
};

const invalid = (problem: string): SnapshotError => new SnapshotError("SNAPSHOT_INVALID", `it ${problem}`);

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;
