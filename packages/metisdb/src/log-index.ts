import type { Receipt } from "@hyperion/kernel";

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
export function logIndexKeys(number: bigint, receipts: readonly Receipt[]): Uint8Array[] {
  const keys = new Map<string, Uint8Array>();
  const add = (kind: number, value: Uint8Array): void => {
    const name = kind + Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
    if (!keys.has(name)) keys.set(name, logIndexKey(kind, value, number));
  };
  for (const receipt of receipts) {
    for (const log of receipt.logs) {
      add(ADDRESS_KIND, log.address);
      log.topics.forEach((topic, position) => {
        add(position + 1, topic);
      });
    }
  }
  return [...keys.values()];
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
