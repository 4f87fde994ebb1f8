/** The rules of the batch queue for one block, in the order of the specification. */
import { ITEM, ITEM_LENGTH, readBytes } from "../../../kernel/assembly/encoding/rlp";
import { SINGULAR } from "../batch/singular";
import { POST_EXEC } from "../batch/span-data";
import { CONFIG } from "../config";
import { ORIGIN_COUNT, Origin, hashPtr, originAt } from "./origins";
import { PARENT, PARENT_HASH } from "./parent";
import { ACCEPT, DROP, PASS } from "./verdict";

const DEPOSIT: u32 = 0x7e;

/** What only L1 orders, or nobody yet. */
export function isForbidden(type: u32): bool {
  return type == DEPOSIT || type == POST_EXEC;
}

/** A singular batch on the parent. */
export function checkSingular(inclusion: u64): u32 {
  const next = PARENT.time + CONFIG.blockTime;
  if (SINGULAR.timestamp < next) return PASS;
  if (SINGULAR.timestamp > next || memory.compare(SINGULAR.parentHash, PARENT_HASH, 32) != 0) return DROP;
  const verdict = checkPlace(SINGULAR.epoch, next, SINGULAR.transactions, inclusion);
  if (verdict != ACCEPT) return verdict;
  if (memory.compare(hashPtr(epochAt(SINGULAR.epoch)), SINGULAR.epochHash, 32) != 0) return DROP;
  for (let at = SINGULAR.from; at < SINGULAR.to; ) {
    at = readBytes(at, SINGULAR.to);
    if (ITEM_LENGTH == 0 || isForbidden(load<u8>(ITEM))) return DROP;
  }
  return ACCEPT;
}

/** Epoch, window and drift of a block at that time with so many transactions. */
export function checkPlace(epoch: u64, time: u64, transactions: u32, inclusion: u64): u32 {
  if (epoch + CONFIG.sequencingWindow < inclusion) return DROP;
  const origin = epochAt(epoch);
  if (changetype<usize>(origin) == 0 || time < origin.time) return DROP;
  if (time <= origin.time + CONFIG.maxSequencerDrift) return ACCEPT;
  return isDriftAllowed(epoch, time, transactions) ? ACCEPT : DROP;
}

/** The epoch stays, or advances by one: the address 0 for any other. */
export function epochAt(epoch: u64): Origin {
  if (epoch <= PARENT.origin + 1) {
    for (let i: u32 = 0; i < min<u32>(ORIGIN_COUNT, 2); i++) if (originAt(i).number == epoch) return originAt(i);
  }
  return changetype<Origin>(0);
}

/**
 * Beyond the drift only empty blocks are allowed, and those that keep their epoch only while the next one's time is
 * still ahead of them.
 */
function isDriftAllowed(epoch: u64, time: u64, transactions: u32): bool {
  if (transactions > 0) return false;
  if (originAt(0).number != epoch) return true;
  return ORIGIN_COUNT > 1 && time < originAt(1).time;
}
