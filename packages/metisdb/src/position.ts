import type { Transaction } from "lmdb";
import { numberKey, readNumber } from "./keys.ts";
import type { Environment } from "./tables.ts";

/** What the tables hold: which records of the log, and which heights. */
export interface Position {
  /** Last record applied. */
  readonly sequence: number;
  /** Height of the current state; `undefined` before the first. */
  readonly height: bigint | undefined;
  /** Oldest readable height. */
  readonly horizon: bigint;
}

const POSITION_KEY = Buffer.from("position");
const POSITION_BYTES = 25;

export function readPosition({ tables }: Environment, reader?: Transaction): Position {
  const bytes = tables.meta.get(POSITION_KEY, reader);
  if (!bytes || bytes.length !== POSITION_BYTES) return { sequence: 0, height: undefined, horizon: 0n };
  return {
    sequence: Number(readNumber(bytes, 0)),
    height: bytes[8] === 1 ? readNumber(bytes, 9) : undefined,
    horizon: readNumber(bytes, 17),
  };
}

/** Within a write transaction. */
export function writePosition({ tables }: Environment, { sequence, height, horizon }: Position): void {
  const bytes = new Uint8Array(POSITION_BYTES);
  bytes.set(numberKey(BigInt(sequence)));
  bytes[8] = height === undefined ? 0 : 1;
  bytes.set(numberKey(height ?? 0n), 9);
  bytes.set(numberKey(horizon), 17);
  tables.meta.put(POSITION_KEY, bytes);
}
