/** How a block on a parent begins: its header's fields and the transactions that L1 orders. */
import { patchU32, position, put, putU32, putU64, take, takeU32, takeU64 } from "../../../kernel/assembly/entry/wire";
import { reserve } from "../../../kernel/assembly/memory/heap";
import { CONFIG } from "../config";
import { putUserDeposit } from "./deposit";
import { L1Facts, putL1Attributes } from "./l1-attributes";
import { takeLog } from "./logs";
import { SYSTEM, applyUpdate, denominatorInForce, elasticityInForce, takeSystemConfig } from "./system-config";

const HOLOCENE_EXTRA_DATA: u32 = 9;
const JOVIAN_EXTRA_DATA: u32 = 17;

let l1: L1Facts = changetype<L1Facts>(0);

/** Once per instance. */
export function initBlockStart(): void {
  l1 = changetype<L1Facts>(reserve(offsetof<L1Facts>()));
}

/**
 * Message: configuration in force for the parent, number of the parent's origin, its sequence number, timestamp of the
 * block, then its origin (number, time, hash, base fee, blob base fee) and that one's events: with the first block of
 * an epoch they count.
 *
 * Appends gas limit, extra data, and the transactions: L1 attributes, then deposits in the order of their events.
 */
export function beginBlock(): void {
  takeSystemConfig();
  const parentOrigin = takeU64();
  const sequenceNumber = takeU64() + 1;
  const timestamp = takeU64();
  takeL1();
  const isFirst = l1.number != parentOrigin;
  const jovian = timestamp >= CONFIG.jovianTime;
  const logs = take(0);
  if (isFirst) updateSystemConfig();
  putU64(SYSTEM.gasLimit);
  putExtraData(jovian);
  const count = position();
  putU32(0);
  putL1Attributes(l1, isFirst ? 0 : sequenceNumber, jovian);
  // Back to the first event: the configuration had to be known before the first transaction.
  take(logs - take(0));
  patchU32(count, 1 + (isFirst ? putDeposits() : 0));
}

function takeL1(): void {
  l1.number = takeU64();
  l1.time = takeU64();
  l1.hash = take(32);
  l1.baseFee = take(32);
  l1.blobBaseFee = take(32);
}

/** Applies the updates among the events that follow in the message, in order. */
export function updateSystemConfig(): void {
  for (let left = takeU32(); left > 0; left--) {
    takeLog();
    applyUpdate();
  }
}

/** Appends the deposits of the events that follow in the message, and returns how many those are. */
function putDeposits(): u32 {
  let deposits: u32 = 0;
  for (let left = takeU32(); left > 0; left--) {
    takeLog();
    deposits += u32(putUserDeposit(l1.hash));
  }
  return deposits;
}

/** Version, denominator and elasticity; Jovian: the minimum base fee. All big-endian. */
function putExtraData(jovian: bool): void {
  const length = jovian ? JOVIAN_EXTRA_DATA : HOLOCENE_EXTRA_DATA;
  putU32(length);
  const at = put(length);
  store<u8>(at, u8(jovian));
  store<u32>(at, bswap<u32>(denominatorInForce()), 1);
  store<u32>(at, bswap<u32>(elasticityInForce()), 5);
  if (jovian) store<u64>(at, bswap<u64>(SYSTEM.minBaseFee), 9);
}
