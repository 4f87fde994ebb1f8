/** Logs of the current or last transaction, in transaction memory. */
import { txAlloc } from "../memory/arena";
import { LOG_COUNT, addLog } from "./journal";

let index: usize = 0;
let capacity: u32 = 0;

const FIRST_CAPACITY: u32 = 64;

/** With transaction memory. */
export function clearLogs(): void {
  index = 0;
  capacity = 0;
}

/**
 * Log record: address 20 bytes padded to 24 @0 · topic count u32 @24 · data length u32 @28 · topics n × 32 big-endian
 * @32 · data. `topics` are n × 32 big-endian bytes.
 */
export function appendLog(address: usize, topics: usize, n: u32, data: usize, length: u32): void {
  const count = addLog();
  const topicBytes = (<usize>n) << 5;
  const log = txAlloc(32 + topicBytes + <usize>length);
  store<u64>(log, load<u64>(address));
  store<u64>(log, load<u64>(address, 8), 8);
  store<u64>(log, load<u32>(address, 16), 16);
  store<u32>(log, n, 24);
  store<u32>(log, length, 28);
  memory.copy(log + 32, topics, topicBytes);
  memory.copy(log + 32 + topicBytes, data, length);
  if (count == capacity) growIndex(count);
  store<u32>(index + ((<usize>count) << 2), <u32>log);
}

function growIndex(count: u32): void {
  const grown = max(capacity << 1, FIRST_CAPACITY);
  const space = txAlloc((<usize>grown) << 2);
  memory.copy(space, index, (<usize>count) << 2);
  index = space;
  capacity = grown;
}

export function logCount(): u32 {
  return LOG_COUNT;
}

export function logAt(i: u32): usize {
  return <usize>load<u32>(index + ((<usize>i) << 2));
}
