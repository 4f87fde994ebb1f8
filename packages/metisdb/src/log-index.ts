import type { Execution } from "@hyperion/kernel";
import { ByteMap } from "./byte-map.ts";
import { numberKey } from "./keys.ts";

/**
 * Keys are kind(1) ‖ value ‖ block number(8, big-endian); kind 0 is an emitting address (20 bytes), kinds 1–4 are the
 * topic positions (32 bytes). A key exists when the canonical block has such a log.
 */
export const ADDRESS_KIND = 0;

/** One condition of a log filter: any of the values at a kind. */
export interface IndexClause {
  readonly kind: number;
  readonly values: readonly Uint8Array[];
}

/** The smallest key ≥ `start` and < `end`. */
export type Seek = (start: Uint8Array, end: Uint8Array) => Uint8Array | undefined;

/** @returns kind ‖ value ‖ number */
export function logIndexKey(kind: number, value: Uint8Array, number: bigint): Uint8Array {
  const key = new Uint8Array(value.length + 9);
  key[0] = kind;
  key.set(value, 1);
  new DataView(key.buffer).setBigUint64(value.length + 1, number);
  return key;
}

/** The distinct keys of one block. */
export function logIndexKeys(number: bigint, execution: Execution): readonly Uint8Array[] {
  const keys = new ByteMap<true>();
  const suffix = numberKey(number);
  const add = (kind: number, bytes: Uint8Array, at: number, length: number): void => {
    const key = new Uint8Array(1 + length + suffix.length);
    key[0] = kind;
    for (let i = 0; i < length; i++) key[1 + i] = bytes[at + i]!;
    for (let i = 0; i < suffix.length; i++) key[1 + length + i] = suffix[i]!;
    keys.set(key, true);
  };
  execution.visitLogs((bytes, address, topics, topicCount) => {
    add(ADDRESS_KIND, bytes, address, 20);
    for (let i = 0; i < topicCount; i++) add(1 + i, bytes, topics + 32 * i, 32);
  });
  return keys.keys;
}

/**
 * The numbers in [from, to] whose block satisfies every clause, ascending. Clauses leap over each other, so the cost
 * follows the rarest clause and not the length of the range. Satisfying each clause somewhere in the block does not mean
 * that one log satisfies all: the caller filters the block's logs.
 */
export function* matchingBlocks(
  seek: Seek,
  clauses: readonly IndexClause[],
  from: bigint,
  to: bigint,
): Generator<bigint> {
  let candidate = from;
  while (candidate <= to) {
    const agreed = leap(seek, clauses, candidate, to);
    if (agreed === undefined) return;
    if (agreed === candidate) {
      yield candidate;
      candidate += 1n;
    } else {
      candidate = agreed;
    }
  }
}

/** `candidate` when every clause holds there, otherwise the next number at which they could. */
function leap(seek: Seek, clauses: readonly IndexClause[], candidate: bigint, to: bigint): bigint | undefined {
  for (const clause of clauses) {
    const next = nextBlock(seek, clause, candidate, to);
    if (next === undefined || next > candidate) return next;
  }
  return candidate;
}

function nextBlock(seek: Seek, clause: IndexClause, from: bigint, to: bigint): bigint | undefined {
  let nearest: bigint | undefined;
  for (const value of clause.values) {
    const key = seek(logIndexKey(clause.kind, value, from), logIndexKey(clause.kind, value, (nearest ?? to) + 1n));
    if (!key) continue;
    nearest = new DataView(key.buffer, key.byteOffset, key.byteLength).getBigUint64(value.length + 1);
    if (nearest === from) break;
  }
  return nearest;
}
