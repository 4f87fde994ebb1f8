/**
 * EIP-7685 requests: deposits from logs (EIP-6110), withdrawals (EIP-7002) and consolidations (EIP-7251) from
 * contracts.
 */
import { SHA256_SCRATCH, sha256 } from "../crypto/sha256";
import { OUTPUT, OUTPUT_LENGTH } from "../evm/message";
import { blockAlloc } from "../memory/arena";
import { VALID, reject } from "../transaction/error";
import { Receipt, logData, logDataLength, logTopicCount, logTopics, nextLog } from "../transaction/receipt";
import { depositContractPtr } from "./config";
import { INVALID_DEPOSIT_EVENT_LAYOUT } from "./error";
import { TRANSACTION_COUNT, receiptAt } from "./open-block";
import { CONSOLIDATION_REQUESTS, WITHDRAWAL_REQUESTS, runRequestCall } from "./system";

const DEPOSIT_TYPE: u8 = 0;
const WITHDRAWAL_TYPE: u8 = 1;
const CONSOLIDATION_TYPE: u8 = 2;
const MAX_REQUESTS: usize = 3;

/** keccak of DepositEvent(bytes,bytes,bytes,bytes,bytes). */
const DEPOSIT_TOPIC = memory.data<u8>([
  0x64, 0x9b, 0xbc, 0x62, 0xd0, 0xe3, 0x13, 0x42, 0xaf, 0xea, 0x4e, 0x5c, 0xd8, 0x2d, 0x40, 0x49, 0xe7, 0xe1, 0xee,
  0x91, 0x2f, 0xc0, 0x88, 0x9a, 0xa7, 0x90, 0x80, 0x3b, 0xe3, 0x90, 0x38, 0xc5,
]);
const DEPOSIT_DATA_LENGTH: u32 = 576;
const DEPOSIT_LENGTH: u32 = 192;
/** Offset and length of the event's five byte strings: key, credentials, amount, signature, index. */
const DEPOSIT_FIELDS = memory.data<u32>([160, 48, 256, 32, 320, 8, 384, 96, 512, 8]);
const DEPOSIT_FIELD_COUNT: usize = 5;

/** Requests of the block in progress: address (u32) and length (u32) of type byte ‖ data, without empty ones. */
let requests: usize = 0;
export let REQUEST_COUNT: u32 = 0;

export function clearRequests(): void {
  REQUEST_COUNT = 0;
}

export function requestAt(index: u32): usize {
  return <usize>load<u32>(requests + ((<usize>index) << 3));
}

export function requestLengthAt(index: u32): u32 {
  return load<u32>(requests + ((<usize>index) << 3), 4);
}

/** Collects the requests after all transactions and withdrawals; VALID or the rule that makes the block invalid. */
export function collectRequests(): u32 {
  requests = blockAlloc(MAX_REQUESTS << 3);
  REQUEST_COUNT = 0;
  const error = collectDeposits();
  if (error != VALID) return error;
  const withdrawalError = collectFrom(WITHDRAWAL_REQUESTS, WITHDRAWAL_TYPE);
  return withdrawalError != VALID ? withdrawalError : collectFrom(CONSOLIDATION_REQUESTS, CONSOLIDATION_TYPE);
}

function addRequest(request: usize, length: u32): void {
  store<u32>(requests + ((<usize>REQUEST_COUNT) << 3), <u32>request);
  store<u32>(requests + ((<usize>REQUEST_COUNT) << 3), length, 4);
  REQUEST_COUNT++;
}

function collectFrom(contract: usize, type: u8): u32 {
  const error = runRequestCall(contract);
  if (error != VALID || OUTPUT_LENGTH == 0) return error;
  const request = blockAlloc(<usize>OUTPUT_LENGTH + 1);
  store<u8>(request, type);
  memory.copy(request + 1, OUTPUT, OUTPUT_LENGTH);
  addRequest(request, OUTPUT_LENGTH + 1);
  return VALID;
}

function collectDeposits(): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < TRANSACTION_COUNT; i++) count += countDeposits(receiptAt(i));
  if (count == 0) return VALID;
  const length = count * DEPOSIT_LENGTH + 1;
  const request = blockAlloc(length);
  store<u8>(request, DEPOSIT_TYPE);
  let at = request + 1;
  for (let i: u32 = 0; i < TRANSACTION_COUNT; i++) {
    const receipt = receiptAt(i);
    let log = receipt.logs;
    for (let l: u32 = 0; l < receipt.logCount; l++, log = nextLog(log)) {
      if (!isDeposit(log)) continue;
      if (!hasDepositLayout(log)) return reject(INVALID_DEPOSIT_EVENT_LAYOUT);
      at = writeDeposit(at, logData(log));
    }
  }
  addRequest(request, length);
  return VALID;
}

function countDeposits(receipt: Receipt): u32 {
  let count: u32 = 0;
  let log = receipt.logs;
  for (let i: u32 = 0; i < receipt.logCount; i++, log = nextLog(log)) count += u32(isDeposit(log));
  return count;
}

function isDeposit(log: usize): bool {
  return (
    logTopicCount(log) > 0 &&
    memory.compare(log, depositContractPtr(), 20) == 0 &&
    memory.compare(logTopics(log), DEPOSIT_TOPIC, 32) == 0
  );
}

/**
 * The ABI encoding of five byte strings of fixed lengths has one form: offsets first, then each length and its bytes.
 */
function hasDepositLayout(log: usize): bool {
  if (logDataLength(log) != DEPOSIT_DATA_LENGTH) return false;
  const data = logData(log);
  for (let i: usize = 0; i < DEPOSIT_FIELD_COUNT; i++) {
    const offset = load<u32>(DEPOSIT_FIELDS + (i << 3));
    if (!wordEquals(data + (i << 5), offset)) return false;
    if (!wordEquals(data + offset, load<u32>(DEPOSIT_FIELDS + (i << 3), 4))) return false;
  }
  return true;
}

/** A big-endian word of the log against a small number. */
function wordEquals(word: usize, value: u32): bool {
  return (
    (load<u64>(word) | load<u64>(word, 8) | load<u64>(word, 16) | load<u32>(word, 24)) == 0 &&
    bswap<u32>(load<u32>(word, 28)) == value
  );
}

function writeDeposit(at: usize, data: usize): usize {
  for (let i: usize = 0; i < DEPOSIT_FIELD_COUNT; i++) {
    const length = load<u32>(DEPOSIT_FIELDS + (i << 3), 4);
    memory.copy(at, data + load<u32>(DEPOSIT_FIELDS + (i << 3)) + 32, length);
    at += length;
  }
  return at;
}

/** sha256 over the sha256 of every request. */
export function requestsHash(out: usize): void {
  const work = blockAlloc(SHA256_SCRATCH);
  const hashes = blockAlloc(MAX_REQUESTS << 5);
  for (let i: u32 = 0; i < REQUEST_COUNT; i++)
    sha256(requestAt(i), requestLengthAt(i), hashes + ((<usize>i) << 5), work);
  sha256(hashes, REQUEST_COUNT << 5, out, work);
}
