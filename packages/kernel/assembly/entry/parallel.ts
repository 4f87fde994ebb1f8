/** Exported functions for batches of transactions, and those of a worker's instance that helps with them. */
import { abandonImport, setImportBatches } from "../block/import";
import { OPEN, PHASE } from "../block/open-block";
import { blockAlloc } from "../memory/arena";
import { BYZANTIUM } from "../spec/forks";
import { ENV } from "../evm/environment";
import { BaseSlot, Storage } from "../state/base-records";
import { listVersionsAt } from "../state/versions";
import { VALID, rejectWords } from "../transaction/error";
import { Entry, batchCount, entryAt, sourcesOf } from "../parallel/batch";
import { CONTROL, STRESS, joinControl, reserveControl, versionListOf } from "../parallel/control";
import { initLessons } from "../parallel/lessons";
import { applyEntry, beginBatch, closePhase, endBatch, fits, recoverBatch, runBatch, setRaw } from "../parallel/run";
import { exceedsBlockSize, putExecuted, putExecution } from "./execution";
import { putRejection } from "./records";
import { answer, putBool, putRaw, putU32, take, takeBool, takeU32 } from "./wire";

export { batchCount, batchNumber, longestChain } from "../parallel/batch";
export { awaitJob, join, repeatedRuns } from "../parallel/run";

const WRONG_PHASE: u32 = 0xffffffff;

/** Message: number of workers. Answer: address of the region through which instances work together. */
export function reserveWorkers(length: u32): u32 {
  reserveControl(takeU32());
  initLessons();
  listVersionsAt(versionListOf(0));
  putU32(<u32>CONTROL);
  return answer();
}

/** A worker's first message: address of the region, its number. */
export function attach(length: u32): u32 {
  const control = takeU32();
  const worker = takeU32();
  joinControl(control, worker);
  listVersionsAt(versionListOf(worker));
  return answer();
}

/** Message: whether to use the workers, encoded transactions. Answer: as `execute`, for each. */
export function executeBatch(length: u32): u32 {
  if (PHASE != OPEN) return WRONG_PHASE;
  const parallel = takeBool();
  const count = takeU32();
  const raws = blockAlloc(<usize>count << 3);
  for (let i: u32 = 0; i < count; i++) {
    const size = takeU32();
    const raw = blockAlloc(size);
    memory.copy(raw, take(size), size);
    store<u32>(raws + (<usize>i << 3), <u32>raw);
    store<u32>(raws + (<usize>i << 3), size, 4);
  }
  const done = parallel && CONTROL != 0 && ENV.fork >= BYZANTIUM && count > 0 ? putBatch(raws, count) : 0;
  for (let i = done; i < count; i++) {
    const at = raws + (<usize>i << 3);
    putExecution(<usize>load<u32>(at), load<u32>(at, 4), true);
  }
  return answer();
}

/** Message: encoded transactions, whose senders are recovered with the workers, to be known when they are asked for. */
export function recoverSenders(length: u32): u32 {
  if (PHASE != OPEN) return WRONG_PHASE;
  const count = takeU32();
  beginBatch(count);
  for (let i: u32 = 0; i < count; i++) {
    const size = takeU32();
    setRaw(i, take(size), size);
  }
  recoverBatch();
  endBatch();
  return answer();
}

/** How many transactions, from the first on, were executed and answered for: up to one that does not fit the block. */
function putBatch(raws: usize, count: u32): u32 {
  beginBatch(count);
  for (let i: u32 = 0; i < count; i++) {
    setRaw(i, <usize>load<u32>(raws + (<usize>i << 3)), load<u32>(raws + (<usize>i << 3), 4));
  }
  runBatch();
  let done: u32 = 0;
  while (done < count && putEntry(entryAt(done))) done++;
  endBatch();
  return done;
}

function putEntry(entry: Entry): bool {
  if (exceedsBlockSize(entry.rawLength) || !fits(entry)) return false;
  const error = entry.malformed != VALID ? entry.malformed : entry.error;
  if (error != VALID) {
    putRejection(rejectWords(error, entry.amounts, entry.amounts + 32));
    return true;
  }
  applyEntry(entry);
  putExecuted(entry.halt, entry.output, entry.outputLength, entry.receipt);
  return true;
}

/**
 * How the last batch ran. Answer, per transaction: number of runs (0: it was not run in the batch), instance, begin and end
 * in microseconds modulo 2^32, positions that it read from; if a run was void, what was read too early, an account or a slot
 * of it, and the position that should have come first.
 */
export function schedule(length: u32): u32 {
  const count = batchCount();
  putU32(count);
  for (let i: u32 = 0; i < count; i++) putRun(entryAt(i));
  return answer();
}

function putRun(entry: Entry): void {
  putU32(entry.runs);
  putU32(entry.worker);
  putU32(entry.begin);
  putU32(entry.end);
  putU32(entry.sourceCount);
  putRaw(sourcesOf(entry), entry.sourceCount << 2);
  putBool(entry.conflict != 0);
  if (entry.conflict == 0) return;
  const slot = changetype<BaseSlot>(entry.conflict);
  const account = entry.conflictIsSlot ? changetype<Storage>(slot.storage).account : entry.conflict;
  putRaw(account, 20);
  putBool(entry.conflictIsSlot);
  if (entry.conflictIsSlot) putRaw(entry.conflict, 32);
  putU32(<u32>entry.conflictWriter);
}

/** Message: a seed for delays in the schedule, 0 = none. */
export function stress(length: u32): u32 {
  store<u32>(CONTROL, takeU32(), STRESS);
  return answer();
}

/** Message: fewest transactions of a received block that is executed with the workers from now on; 0: none is. */
export function importBatches(length: u32): u32 {
  setImportBatches(takeU32());
  return answer();
}

/** After a batch was given up: the state is as before it, and an import under way as if it had not begun. */
export function abandonBatch(length: u32): u32 {
  closePhase();
  endBatch();
  abandonImport();
  return answer();
}
