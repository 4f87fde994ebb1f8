import type { Transaction } from "lmdb";
import { numberKey } from "./keys.ts";
import type { Environment } from "./tables.ts";

/** Blocks, or runs of the level below, that a run sums up. */
const FAN_OUT = 16;
const TOP_LEVEL = 3;
/** As many bytes fit an LMDB page of their own. */
export const PART_BYTES: number = 4080;
const NUMBER = 8;
export const PART_KEY_BYTES: number = NUMBER + 5;
/** fingerprint(4) ‖ place among the run's sixteen (1) */
const RUN_ENTRY_BYTES = 5;

/** Blocks of a run, by level; level 0 is the history of a block itself. */
const SPANS: readonly number[] = Array.from({ length: TOP_LEVEL + 1 }, (_, level) => FAN_OUT ** level);

/** Where a part of a block's history (level 0), or of the run that ends with the block, begins. */
export function partKey(block: number, level: number, fingerprint: number): Uint8Array {
  const key = new Uint8Array(PART_KEY_BYTES);
  key.set(numberKey(BigInt(block)));
  key[NUMBER] = level;
  putFingerprint(key, NUMBER + 1, fingerprint);
  return key;
}

/** 32 bits (FNV-1a) of a table's kind and a key. Different keys may share them: what they find must be compared. */
export function fingerprintOf(kind: number, key: Uint8Array): number {
  let hash = Math.imul(0x811c9dc5 ^ kind, 0x01000193);
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key[i]!, 0x01000193);
  return hash >>> 0;
}

/** Fingerprints in ascending order with the places (0–15) of the children that have them. */
interface Child {
  readonly next: () => number | undefined;
}

/**
 * Writes the runs that end with a block: every sixteenth sums up sixteen blocks, every 256th sixteen such runs, and so on.
 * Within a write transaction, after the block's own history.
 *
 * @param fingerprintsOf those of a block's history, ascending
 */
export function writeRuns(
  environment: Environment,
  block: number,
  fingerprintsOf: (block: number) => Iterator<number>,
): void {
  for (let level = 1; level <= TOP_LEVEL && block % SPANS[level]! === 0; level++) {
    const span = SPANS[level - 1]!;
    const children = Array.from({ length: FAN_OUT }, (_, place): Child => {
      const end = block - (FAN_OUT - 1 - place) * span;
      const source = level === 1 ? fingerprintsOf(end) : runFingerprints(environment, end, level - 1);
      return { next: () => source.next().value };
    });
    writeRun(environment, block, level, children);
  }
}

function writeRun({ tables }: Environment, block: number, level: number, children: readonly Child[]): void {
  const part = new Uint8Array(PART_BYTES - (PART_BYTES % RUN_ENTRY_BYTES));
  let length = 0;
  const finish = (): void => {
    if (length > 0) tables.history.append(partKey(block, level, fingerprintAt(part, 0)), part.subarray(0, length));
    length = 0;
  };
  const heads = children.map((child) => child.next() ?? Number.POSITIVE_INFINITY);
  for (;;) {
    let place = 0;
    for (let i = 1; i < FAN_OUT; i++) if (heads[i]! < heads[place]!) place = i;
    const least = heads[place]!;
    if (least === Number.POSITIVE_INFINITY) break;
    if (length === part.length) finish();
    putFingerprint(part, length, least);
    part[length + 4] = place;
    length += RUN_ENTRY_BYTES;
    for (let i = place; i < FAN_OUT; i++) {
      while (heads[i] === least) heads[i] = children[i]!.next() ?? Number.POSITIVE_INFINITY;
    }
  }
  finish();
}

function* runFingerprints({ tables }: Environment, block: number, level: number): Generator<number> {
  let from = partKey(block, level, 0);
  const end = partKey(block, level + 1, 0);
  for (;;) {
    const part = tables.history.first(from, end);
    if (!part) return;
    const [key, entries] = part;
    for (let at = 0; at < entries.length; at += RUN_ENTRY_BYTES) yield fingerprintAt(entries, at);
    from = new Uint8Array(PART_KEY_BYTES + 1);
    from.set(key);
  }
}

/**
 * The blocks above `after`, up to `head`, that may have changed a key, ascending. All that did are among them. Visits at most
 * some ninety runs beside one per 4,096 blocks.
 */
export function* changingBlocks(
  environment: Environment,
  fingerprint: number,
  after: number,
  head: number,
  reader?: Transaction,
): Generator<number> {
  let at = after;
  let ceiling = TOP_LEVEL;
  while (at < head) {
    let level = ceiling;
    while (level > 0 && (at % SPANS[level]! !== 0 || at + SPANS[level]! > head)) level--;
    if (level === 0) yield ++at;
    const place = level === 0 ? undefined : placeInRun(environment, at + SPANS[level]!, level, fingerprint, reader);
    ceiling = place === undefined ? TOP_LEVEL : level - 1;
    if (level > 0) at += place === undefined ? SPANS[level]! : place * SPANS[level - 1]!;
  }
}

/** The first of a run's sixteen children that has a fingerprint. */
function placeInRun(
  { tables }: Environment,
  block: number,
  level: number,
  fingerprint: number,
  reader: Transaction | undefined,
): number | undefined {
  const part = tables.history.last(partKey(block, level, 0), partKey(block, level, fingerprint), reader)?.[1];
  if (!part) return undefined;
  let [low, high] = [0, part.length / RUN_ENTRY_BYTES];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fingerprintAt(part, middle * RUN_ENTRY_BYTES) < fingerprint) low = middle + 1;
    else high = middle;
  }
  const at = low * RUN_ENTRY_BYTES;
  return at < part.length && fingerprintAt(part, at) === fingerprint ? part[at + 4] : undefined;
}

function fingerprintAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function putFingerprint(bytes: Uint8Array, at: number, fingerprint: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = fingerprint >>> (24 - 8 * i);
}
