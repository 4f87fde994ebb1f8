/** Singular batches: 0 ‖ rlp([parent_hash, epoch_number, epoch_hash, timestamp, transactions]). */
import { ITEM, ITEM_LENGTH, ITEM_U64, readBytes, readList, readU64 } from "../../../kernel/assembly/encoding/rlp";
import { putBytes, putU32 } from "../../../kernel/assembly/entry/wire";
import { reserve } from "../../../kernel/assembly/memory/heap";

@unmanaged
export class Singular {
  epoch: u64;
  timestamp: u64;
  parentHash: usize;
  epochHash: usize;
  /** Payload of the list of transactions. */
  from: usize;
  to: usize;
  transactions: u32;
}

/** The batch read last. */
export let SINGULAR: Singular = changetype<Singular>(0);

/** Once per instance. */
export function initSingular(): void {
  SINGULAR = changetype<Singular>(reserve(offsetof<Singular>()));
}

/** Reads the bytes behind the version; false when they are no such batch. Bytes behind its list are passed over. */
export function readSingular(bytes: usize, length: u32): bool {
  const end = readList(bytes, bytes + length);
  if (end == 0) return false;
  let at = readHash(ITEM, end);
  SINGULAR.parentHash = ITEM;
  if (at != 0) at = readU64(at, end);
  SINGULAR.epoch = ITEM_U64;
  if (at != 0) at = readHash(at, end);
  SINGULAR.epochHash = ITEM;
  if (at != 0) at = readU64(at, end);
  SINGULAR.timestamp = ITEM_U64;
  if (at == 0 || readList(at, end) != end) return false;
  SINGULAR.from = ITEM;
  SINGULAR.to = end;
  SINGULAR.transactions = 0;
  for (at = ITEM; at < end; SINGULAR.transactions++) {
    at = readBytes(at, end);
    if (at == 0) return false;
  }
  return true;
}

function readHash(at: usize, end: usize): usize {
  const next = readBytes(at, end);
  return next != 0 && ITEM_LENGTH == 32 ? next : 0;
}

/** Appends number and bytes of the transactions to the answer. */
export function putTransactions(): void {
  putU32(SINGULAR.transactions);
  for (let at = SINGULAR.from; at < SINGULAR.to; ) {
    at = readBytes(at, SINGULAR.to);
    putBytes(ITEM, ITEM_LENGTH);
  }
}
