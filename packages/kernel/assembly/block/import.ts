/** A received block: decoded, validated against its parent, executed, and compared with its header. */
import { ITEM, ITEM_IS_LIST, ITEM_LENGTH, readItem, readList } from "../encoding/rlp";
import { ENV } from "../evm/environment";
import { txAlloc } from "../memory/arena";
import { reserve } from "../memory/heap";
import { CANCUN, PARIS, PRAGUE, SHANGHAI } from "../spec/forks";
import { baseCheckpoint, baseRevert } from "../state/base";
import { beginTransaction, discardTransaction } from "../state/transaction";
import { BLOOM_SIZE } from "../transaction/bloom";
import { VALID, reject } from "../transaction/error";
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
import { HEADER, closeBlock, openBlock } from "./open-block";
import { processTransaction } from "./process";
import { runPreBlockCalls } from "./system";
import { decodeWithdrawals, newWithdrawals } from "./withdrawals";

/** The header as received; HEADER becomes what execution makes of it. */
let received: Header = changetype<Header>(0);
let transactions: usize = 0;
let transactionsEnd: usize = 0;
let ommers: usize = 0;
let ommersItems: usize = 0;
let ommersEnd: usize = 0;
let withdrawals: usize = 0;
let withdrawalsEnd: usize = 0;

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
  const mark = baseCheckpoint();
  const error = executeReceived(rlp, length, parent, parentHash, ommerRewards);
  if (error != VALID) baseRevert(mark);
  closeBlock();
  return error;
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

/** Legacy transactions are lists, the others byte strings that hold type and payload. */
function executeTransactions(): u32 {
  let at = transactions;
  while (at < transactionsEnd) {
    const next = readItem(at, transactionsEnd);
    if (next == 0) return reject(RLP_STRUCTURES_ENCODING);
    const raw = ITEM_IS_LIST ? at : ITEM;
    const length = ITEM_IS_LIST ? <u32>(next - at) : ITEM_LENGTH;
    if (!ITEM_IS_LIST && (length == 0 || load<u8>(raw) >= 0x80)) return reject(RLP_STRUCTURES_ENCODING);
    const error = processTransaction(raw, length);
    if (error != VALID) return error;
    at = next;
  }
  return VALID;
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
