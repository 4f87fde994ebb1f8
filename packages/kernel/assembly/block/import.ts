/** A received block: decoded, validated against its parent, executed, and compared with its header. */
import { ITEM, ITEM_IS_LIST, ITEM_LENGTH, readItem, readList } from "../encoding/rlp";
import { ENV } from "../evm/environment";
import { txAlloc } from "../memory/arena";
import { reserve } from "../memory/heap";
import { BYZANTIUM, CANCUN, PARIS, PRAGUE, SHANGHAI } from "../spec/forks";
import { entryAt } from "../parallel/batch";
import { applyEntry, beginBatch, endBatch, fits, runBatch, setRaw } from "../parallel/run";
import { baseCheckpoint, baseRevert } from "../state/base";
import { beginTransaction, discardTransaction } from "../state/transaction";
import { BLOOM_SIZE } from "../transaction/bloom";
import { VALID, reject, rejectWords } from "../transaction/error";
import { eq32 } from "../u256/word";
import { completeBlock, emptyOmmersHash } from "./complete";
import { CONFIG, forkAt } from "./config";
import {
  INCORRECT_BLOB_GAS_USED,
  INCORRECT_BLOCK_FORMAT,
  INVALID_GAS_USED,
  INVALID_LOG_BLOOM,
  INVALID_OMMERS_HASH,
  INVALID_RECEIPTS_ROOT,
  INVALID_REQUESTS,
  INVALID_STATE_ROOT,
  INVALID_TRANSACTIONS_ROOT,
  INVALID_WITHDRAWALS_ROOT,
  RLP_STRUCTURES_ENCODING,
} from "./error";
import {
  HAS_WITHDRAWALS_ROOT,
  HEADER_SIZE,
  Header,
  bloomPtr,
  decodeHeader,
  ommersHashPtr,
  receiptsRootPtr,
  requestsHashPtr,
  stateRootPtr,
  transactionsRootPtr,
  withdrawalsRootPtr,
} from "./header";
import { checkHeader } from "./header-rules";
import { clearOmmers, readOmmers } from "./ommers";
import { HEADER, TRANSACTION_COUNT, closeBlock, openBlock } from "./open-block";
import { processTransaction } from "./process";
import { runPreBlockCalls } from "./system";
import { decodeWithdrawals, newWithdrawals } from "./withdrawals";

/** The header as received; HEADER becomes what execution makes of it. */
let received: Header = changetype<Header>(0);
let transactions: usize = 0;
let transactionsEnd: usize = 0;
/** The transaction read last. */
let raw: usize = 0;
let rawLength: u32 = 0;
let ommers: usize = 0;
let ommersItems: usize = 0;
let ommersEnd: usize = 0;
let withdrawals: usize = 0;
let withdrawalsEnd: usize = 0;
let mark: u32 = 0;
let importing: bool = false;
let batches: u32 = 0;

/** Reserves the received header. Once per instance. */
export function initImport(): void {
  received = changetype<Header>(reserve(HEADER_SIZE));
}

/**
 * Validates and executes the block at `rlp`, whose bytes have to stay while its results are read.
 *
 * @returns VALID with the block's results in HEADER and the open-block records, or the first broken rule and the state
 *   as before. No block is open afterwards.
 */
export function importBlock(rlp: usize, length: u32, parent: Header, parentHash: usize, ommerRewards: bool): u32 {
  mark = baseCheckpoint();
  importing = true;
  const error = executeReceived(rlp, length, parent, parentHash, ommerRewards);
  if (error != VALID) baseRevert(mark);
  closeBlock();
  importing = false;
  return error;
}

/** Undoes an import that did not come to its end. */
export function abandonImport(): void {
  if (!importing) return;
  baseRevert(mark);
  closeBlock();
  importing = false;
}

/** Blocks of `least` transactions or more are executed in batches, with whoever helps; 0: none are. */
export function setImportBatches(least: u32): void {
  batches = least;
}

function executeReceived(rlp: usize, length: u32, parent: Header, parentHash: usize, ommerRewards: bool): u32 {
  // Working memory of the checks; nothing in it outlives them.
  beginTransaction();
  const error = checkReceived(rlp, length, parent, parentHash);
  discardTransaction();
  if (error != VALID) return error;
  memory.copy(changetype<usize>(HEADER), changetype<usize>(received), HEADER_SIZE);
  openBlock();
  const withdrawalError = readWithdrawals();
  if (withdrawalError != VALID) return withdrawalError;
  runPreBlockCalls();
  const transactionError = executeTransactions();
  if (transactionError != VALID) return transactionError;
  const completionError = completeBlock(ommerRewards);
  return completionError != VALID ? completionError : compareWithReceived();
}

function checkReceived(rlp: usize, length: u32, parent: Header, parentHash: usize): u32 {
  if (!splitBlock(rlp, length)) return reject(RLP_STRUCTURES_ENCODING);
  const error = checkHeader(received, length, parent, parentHash);
  if (error != VALID) return error;
  if ((withdrawals != 0) != ((received.present & HAS_WITHDRAWALS_ROOT) != 0)) return reject(INCORRECT_BLOCK_FORMAT);
  return checkOmmers();
}

/** Finds the parts of the body and decodes the header. */
function splitBlock(rlp: usize, length: u32): bool {
  const end = rlp + length;
  if (length == 0 || readList(rlp, end) != end) return false;
  let at = decodeHeader(ITEM, end, received);
  if (at == 0) return false;
  at = readList(at, end);
  if (at == 0) return false;
  transactions = ITEM;
  transactionsEnd = at;
  ommers = at;
  at = readList(at, end);
  if (at == 0) return false;
  ommersItems = ITEM;
  ommersEnd = at;
  withdrawals = 0;
  if (at == end) return true;
  at = readList(at, end);
  withdrawals = ITEM;
  withdrawalsEnd = at;
  return at == end;
}

/** Paris ended ommers; before it they are read here and rewarded at the end of the block. */
function checkOmmers(): u32 {
  clearOmmers();
  if (isParis()) {
    const empty = txAlloc(32);
    emptyOmmersHash(empty);
    const none = ommersItems == ommersEnd && eq32(ommersHashPtr(received), empty);
    return none ? VALID : reject(INVALID_OMMERS_HASH);
  }
  return readOmmers(ommers, ommersItems, ommersEnd, received);
}

function isParis(): bool {
  return forkAt(received.number, received.timestamp) >= PARIS;
}

function readWithdrawals(): u32 {
  if (CONFIG.isRollup && withdrawals != withdrawalsEnd) return reject(INVALID_WITHDRAWALS_ROOT);
  if (withdrawals == 0) newWithdrawals(0);
  else if (!decodeWithdrawals(withdrawals, withdrawalsEnd)) return reject(RLP_STRUCTURES_ENCODING);
  return VALID;
}

function executeTransactions(): u32 {
  let at = transactions;
  if (!GUEST && batches != 0 && ENV.fork >= BYZANTIUM) {
    const count = countTransactions();
    if (count >= batches) {
      const error = executeBatch(count);
      if (error != VALID) return error;
      at = skipTransactions(TRANSACTION_COUNT);
    }
  }
  while (at < transactionsEnd) {
    const next = readTransaction(at);
    if (next == 0) return reject(RLP_STRUCTURES_ENCODING);
    const error = processTransaction(raw, rawLength);
    if (error != VALID) return error;
    at = next;
  }
  return VALID;
}

/** Legacy transactions are lists, the others byte strings that hold type and payload. Sets `raw`; 0 when it is neither. */
function readTransaction(at: usize): usize {
  const next = readItem(at, transactionsEnd);
  if (next == 0) return 0;
  raw = ITEM_IS_LIST ? at : ITEM;
  rawLength = ITEM_IS_LIST ? <u32>(next - at) : ITEM_LENGTH;
  return !ITEM_IS_LIST && (rawLength == 0 || load<u8>(raw) >= 0x80) ? 0 : next;
}

/** 0 when one of them is no transaction, which is to be found out after those before it were executed. */
function countTransactions(): u32 {
  let count: u32 = 0;
  for (let at = transactions; at < transactionsEnd; count++) {
    at = readTransaction(at);
    if (at == 0) return 0;
  }
  return count;
}

function skipTransactions(count: u32): usize {
  let at = transactions;
  for (; count > 0; count--) at = readTransaction(at);
  return at;
}

/** Executes and applies transactions up to one that does not fit the block; the first broken rule of those before it. */
function executeBatch(count: u32): u32 {
  beginBatch(count);
  let at = transactions;
  for (let i: u32 = 0; i < count; i++) {
    at = readTransaction(at);
    setRaw(i, raw, rawLength);
  }
  runBatch();
  let error = VALID;
  for (let i: u32 = 0; i < count && error == VALID; i++) {
    const entry = entryAt(i);
    if (!fits(entry)) break;
    error = entry.malformed != VALID ? entry.malformed : entry.error;
    if (error == VALID) applyEntry(entry);
    else rejectWords(error, entry.amounts, entry.amounts + 32);
  }
  endBatch();
  return error;
}

function compareWithReceived(): u32 {
  const computed = HEADER;
  if (received.gasUsed != computed.gasUsed) return reject(INVALID_GAS_USED, received.gasUsed, computed.gasUsed);
  if (ENV.fork >= CANCUN && received.blobGasUsed != computed.blobGasUsed) {
    return reject(INCORRECT_BLOB_GAS_USED, received.blobGasUsed, computed.blobGasUsed);
  }
  if (!eq32(transactionsRootPtr(received), transactionsRootPtr(computed))) return reject(INVALID_TRANSACTIONS_ROOT);
  if (ENV.fork >= SHANGHAI && !eq32(withdrawalsRootPtr(received), withdrawalsRootPtr(computed))) {
    return reject(INVALID_WITHDRAWALS_ROOT);
  }
  if (!eq32(receiptsRootPtr(received), receiptsRootPtr(computed))) return reject(INVALID_RECEIPTS_ROOT);
  if (memory.compare(bloomPtr(received), bloomPtr(computed), BLOOM_SIZE) != 0) return reject(INVALID_LOG_BLOOM);
  if (ENV.fork >= PRAGUE && !eq32(requestsHashPtr(received), requestsHashPtr(computed)))
    return reject(INVALID_REQUESTS);
  if (!eq32(stateRootPtr(received), stateRootPtr(computed))) return reject(INVALID_STATE_ROOT);
  return VALID;
}
