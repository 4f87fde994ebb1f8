/** A batch from its raw transactions to the base state, by the owner of the state and whoever helps. */
import { CONFIG } from "../block/config";
import { resetAncestors } from "../block/ancestors";
import { HEADER_SIZE, Header, parentHashPtr } from "../block/header";
import { BLOB_GAS_USED, GAS_USED, HEADER, OPENED, addTransaction } from "../block/open-block";
import { ENV, ENVIRONMENT_SIZE } from "../evm/environment";
import { resetBlockMemory } from "../memory/arena";
import { beginSharing, endSharing, pause } from "../memory/sharing";
import { reserve } from "../memory/heap";
import { applyWrites } from "../state/footprint";
import { makeRoomFor } from "../state/records";
import { discardTransaction } from "../state/transaction";
import { dropVersions, resetVersions } from "../state/versions";
import { VALID } from "../transaction/error";
import { rememberSender } from "../transaction/known";
import { checkAllowance } from "../transaction/validity";
import { adopt, share } from "./attach";
import {
  Entry, batchBlock, batchCount, batchEnvironment, batchHeader, batchNumber, chunkSize, entryAt, footprintOf,
  newBatch, setBatchBlock,
} from "./batch";
import {
  ACTIVE, BEGUN, CLOSED, CONTROL, DECODE, EXECUTE, FAILED, HASH, JOB, PHASE, REQUESTS, SCHEDULE_LOCK, STATE_LOCK,
  instanceCount, openPhase, versionListOf,
} from "./control";
import { decodeEntry } from "./execute";
import { hashSubtrees } from "./hash";
import { linkEntries } from "./links";
import { learn } from "./lessons";
import { resetSchedule, workOff } from "./schedule";

/** Rounds of looking for work before a helper sleeps. */
const EAGERNESS: u32 = 20_000;

let scratch: usize = 0;
/** What this worker was prepared for last. */
let block: u32 = 0;
let batch: u32 = 0;

/** Begins a batch of `count` transactions on the open block; their bytes follow with `setRaw`. */
export function beginBatch(count: u32): void {
  if (scratch == 0) scratch = reserve(32);
  discardTransaction();
  resetVersions();
  newBatch(count);
  setBatchBlock(changetype<usize>(HEADER), changetype<usize>(ENV), OPENED);
  makeRoomFor(count);
  share();
  store<u32>(CONTROL + STATE_LOCK, 0);
  store<u32>(CONTROL + SCHEDULE_LOCK, 0);
  store<u32>(CONTROL + FAILED, 0);
  store<u32>(CONTROL + REQUESTS, 0);
  store<u32>(CONTROL + BEGUN, 0);
}

/** The bytes have to stay for the block's lifetime. */
export function setRaw(position: u32, raw: usize, length: u32): void {
  entryAt(position).raw = raw;
  entryAt(position).rawLength = length;
}

/** Executes the batch. Nothing of it is in the base state yet; `applyEntry` brings it there. */
export function runBatch(): void {
  beginSharing(CONTROL + STATE_LOCK, CONTROL + REQUESTS);
  openPhase(DECODE);
  decodeEntries();
  closePhase();
  linkEntries();
  resetSchedule();
  openPhase(EXECUTE);
  workOff(scratch);
  closePhase();
  endSharing();
  discardTransaction();
  learn();
}

/** Decodes the batch and no more, and remembers its senders. */
export function recoverBatch(): void {
  beginSharing(CONTROL + STATE_LOCK, CONTROL + REQUESTS);
  openPhase(DECODE);
  decodeEntries();
  closePhase();
  endSharing();
  for (let i: u32 = 0, count = batchCount(); i < count; i++) {
    const entry = entryAt(i);
    if (entry.malformed == VALID && entry.error == VALID) rememberSender(entry.transaction);
  }
}

/**
 * After every transaction of the batch that counts was applied, or when it was given up: other instances are out of it,
 * and the base state is all there is.
 */
export function endBatch(): void {
  endSharing();
  discardTransaction();
  for (let worker: u32 = 0; worker < instanceCount(); worker++) dropVersions(versionListOf(worker));
}

/** Waits for those who joined; who comes later finds nothing to do. */
export function closePhase(): void {
  atomic.store<u32>(CONTROL + PHASE, CLOSED);
  while (atomic.load<u32>(CONTROL + ACTIVE) != 0) pause();
}

function decodeEntries(): void {
  const count = batchCount();
  const chunk = chunkSize();
  while (true) {
    const first = atomic.add<u32>(CONTROL + BEGUN, chunk);
    if (first >= count) return;
    for (let position = first, end = min(first + chunk, count); position < end; position++) decodeEntry(entryAt(position));
  }
}

/** A worker's part in what is open now. */
export function join(): void {
  atomic.add<u32>(CONTROL + ACTIVE, 1);
  const phase = atomic.load<u32>(CONTROL + PHASE);
  if (phase != CLOSED && atomic.load<u32>(CONTROL + FAILED) == 0) takePart(phase);
  atomic.sub<u32>(CONTROL + ACTIVE, 1);
}

function takePart(phase: u32): void {
  if (phase == HASH) {
    hashSubtrees();
    return;
  }
  if (batch != batchNumber()) prepare();
  beginSharing(CONTROL + STATE_LOCK, CONTROL + FAILED);
  memory.copy(changetype<usize>(ENV), batchEnvironment(), ENVIRONMENT_SIZE);
  if (phase == DECODE) decodeEntries();
  else workOff(scratch);
  endSharing();
}

/** Before a worker takes part in a batch for the first time. */
function prepare(): void {
  if (scratch == 0) scratch = reserve(32);
  endSharing();
  adopt();
  resetVersions();
  if (block != batchBlock()) resetBlockMemory();
  block = batchBlock();
  batch = batchNumber();
  const header = changetype<Header>(batchHeader());
  resetAncestors(header.number, parentHashPtr(header));
}

/** Sleeps until something opened after `seen`; what is open last. */
export function awaitJob(seen: u32): u32 {
  for (let round: u32 = 0; round < EAGERNESS; round++) {
    const job = atomic.load<u32>(CONTROL + JOB);
    if (job != seen) return job;
  }
  while (atomic.load<u32>(CONTROL + JOB) == seen) atomic.wait<u32>(CONTROL + JOB, seen, -1);
  return atomic.load<u32>(CONTROL + JOB);
}

/** Runs of the batch's transactions beyond the first of each. */
export function repeatedRuns(): u32 {
  let repeated: u32 = 0;
  for (let i: u32 = 0; i < batchCount(); i++) repeated += max<u32>(entryAt(i).runs, 1) - 1;
  return repeated;
}

/** Whether the block has the gas that the transaction asks for, after what was applied so far. */
export function fits(entry: Entry): bool {
  if (entry.malformed != VALID) return true;
  // What a rollup's transaction takes of the block depends on the state, which this one was never run on.
  if (CONFIG.isRollup && entry.runs == 0) return false;
  return checkAllowance(entry.transaction, HEADER.gasLimit - GAS_USED, BLOB_GAS_USED) == VALID;
}

/** Brings a valid transaction of the batch into the base state and the open block. */
export function applyEntry(entry: Entry): void {
  applyWrites(footprintOf(entry));
  entry.receipt.cumulativeGasUsed = GAS_USED + entry.receipt.gasUsed;
  addTransaction(entry.raw, entry.rawLength, entry.receipt);
  rememberSender(entry.transaction);
}
