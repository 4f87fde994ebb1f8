/** The end of a block: withdrawals, requests, rewards, and the header fields that follow from execution. */
import { keccak256 } from "../crypto/keccak";
import { listSize, bytesSize, writeBytes, writeListHeader } from "../encoding/rlp";
import { ENV } from "../evm/environment";
import { blockAlloc } from "../memory/arena";
import { L2_TO_L1_MESSAGE_PASSER } from "../rollup/predeploys";
import { CANCUN, LONDON, PARIS, PRAGUE, SHANGHAI } from "../spec/forks";
import { stateRoot } from "../state/base";
import { storageRoot } from "../state/proof";
import { BLOOM_SIZE } from "../transaction/bloom";
import { VALID } from "../transaction/error";
import { addReceiptBloom, receiptSize, writeReceipt } from "../transaction/receipt";
import { orderedRoot } from "../trie/ordered";
import { CONFIG } from "./config";
import {
  HAS_BASE_FEE, HAS_BEACON_ROOT, HAS_BLOB_GAS_USED, HAS_EXCESS_BLOB_GAS, HAS_REQUESTS_HASH, HAS_WITHDRAWALS_ROOT,
  Header,
  bloomPtr, headerRlpSize, receiptsRootPtr, requestsHashPtr, stateRootPtr, transactionsRootPtr, withdrawalsRootPtr,
  writeHeaderRlp,
} from "./header";
import { payRewards } from "./ommers";
import {
  BLOB_GAS_USED, GAS_USED, HEADER, TRANSACTION_COUNT, rawAt, rawLengthAt, receiptAt,
} from "./open-block";
import { clearRequests, collectRequests, requestsHash } from "./requests";
import { applyWithdrawals, withdrawalsRoot, withdrawalsSize, writeWithdrawals } from "./withdrawals";

/** Fields that a header of the fork has. */
export function fieldsOf(fork: u32): u32 {
  let fields: u32 = 0;
  if (fork >= LONDON) fields |= HAS_BASE_FEE;
  if (fork >= SHANGHAI) fields |= HAS_WITHDRAWALS_ROOT;
  if (fork >= CANCUN) fields |= HAS_BLOB_GAS_USED | HAS_EXCESS_BLOB_GAS | HAS_BEACON_ROOT;
  return fork >= PRAGUE ? fields | HAS_REQUESTS_HASH : fields;
}

/** Runs what follows the last transaction and fills in HEADER; VALID or the rule that makes the block invalid. */
export function completeBlock(ommerRewards: bool): u32 {
  if (ENV.fork >= SHANGHAI) applyWithdrawals();
  clearRequests();
  if (ENV.fork >= PRAGUE && !CONFIG.isRollup) {
    const error = collectRequests();
    if (error != VALID) return error;
  }
  if (ENV.fork < PARIS) payRewards(HEADER, ommerRewards);
  HEADER.gasUsed = GAS_USED;
  HEADER.blobGasUsed = BLOB_GAS_USED;
  stateRoot(stateRootPtr(HEADER));
  transactionsRoot(transactionsRootPtr(HEADER));
  receiptsRoot(receiptsRootPtr(HEADER));
  memory.fill(bloomPtr(HEADER), 0, BLOOM_SIZE);
  for (let i: u32 = 0; i < TRANSACTION_COUNT; i++) addReceiptBloom(bloomPtr(HEADER), receiptAt(i));
  if (ENV.fork >= SHANGHAI) headerWithdrawalsRoot(withdrawalsRootPtr(HEADER));
  if (ENV.fork >= PRAGUE) requestsHash(requestsHashPtr(HEADER));
  return VALID;
}

/** Isthmus: the storage root of the contract that withdrawals are sent to stands in for the withdrawals there are none of. */
export function headerWithdrawalsRoot(out: usize): void {
  if (CONFIG.isRollup) storageRoot(L2_TO_L1_MESSAGE_PASSER, out);
  else withdrawalsRoot(out);
}

function transactionsRoot(out: usize): void {
  const items = blockAlloc(<usize>TRANSACTION_COUNT << 3);
  for (let i: u32 = 0; i < TRANSACTION_COUNT; i++) {
    store<u32>(items + (<usize>i << 3), <u32>rawAt(i));
    store<u32>(items + (<usize>i << 3), rawLengthAt(i), 4);
  }
  orderedRoot(items, TRANSACTION_COUNT, out);
}

function receiptsRoot(out: usize): void {
  let size: usize = 0;
  for (let i: u32 = 0; i < TRANSACTION_COUNT; i++) size += receiptSize(receiptAt(i));
  const items = blockAlloc(<usize>TRANSACTION_COUNT << 3);
  let at = blockAlloc(size);
  for (let i: u32 = 0; i < TRANSACTION_COUNT; i++) {
    const end = writeReceipt(at, receiptAt(i));
    store<u32>(items + (<usize>i << 3), <u32>at);
    store<u32>(items + (<usize>i << 3), <u32>(end - at), 4);
    at = end;
  }
  orderedRoot(items, TRANSACTION_COUNT, out);
}

/** keccak of the RLP of an empty list: the ommers hash of every block from Paris on. */
export function emptyOmmersHash(out: usize): void {
  store<u8>(out, 0xc0);
  keccak256(out, 1, out);
}

// @ts-ignore: decorator
@inline
function isTyped(raw: usize): bool {
  return load<u8>(raw) < 0xc0;
}

function transactionsPayload(): u32 {
  let size: u32 = 0;
  for (let i: u32 = 0; i < TRANSACTION_COUNT; i++) {
    const length = rawLengthAt(i);
    size += isTyped(rawAt(i)) ? bytesSize(rawAt(i), length) : length;
  }
  return size;
}

function blockPayload(header: Header, transactions: u32): u32 {
  let size = headerRlpSize(header) + listSize(transactions) + 1;
  if (header.present & HAS_WITHDRAWALS_ROOT) size += listSize(withdrawalsSize());
  return size;
}

export function blockRlpSize(header: Header): u32 {
  return listSize(blockPayload(header, transactionsPayload()));
}

/** RLP of the completed block, which as built here has no ommers; the address after it. */
export function writeBlockRlp(at: usize, header: Header): usize {
  const transactions = transactionsPayload();
  at = writeListHeader(at, blockPayload(header, transactions));
  at = writeHeaderRlp(at, header);
  at = writeListHeader(at, transactions);
  for (let i: u32 = 0; i < TRANSACTION_COUNT; i++) {
    if (isTyped(rawAt(i))) {
      at = writeBytes(at, rawAt(i), rawLengthAt(i));
    } else {
      memory.copy(at, rawAt(i), rawLengthAt(i));
      at += rawLengthAt(i);
    }
  }
  at = writeListHeader(at, 0);
  if (!(header.present & HAS_WITHDRAWALS_ROOT)) return at;
  at = writeListHeader(at, withdrawalsSize());
  return writeWithdrawals(at);
}
