/**
 * What executing one transaction came to, as the host stores it: the fields below without padding, integers little-endian.
 *
 * size of the record u32 · logs u32 · cumulative gas u64 · gas u64 · transaction hash (32) · sender (20) · type u8 · flags u8 ·
 * bloom bits u16 · bytes of logs u32 · gas price · [state root (32)] [blob gas u64] [blob gas price] [contract (20)] [deposit nonce u64]
 * [L1 gas u64, L1 fee] · bloom · logs
 *
 * A price is its length u8 and as many bytes. The bloom is a list of bits, u16 each, or if that were longer the filter
 * itself, with WHOLE_BLOOM for their number. A log: address (20), topics u32, length of data u32, topics, data.
 */
import { BLOOM_SIZE } from "../transaction/bloom";
import {
  Receipt, addReceiptBloom, receiptBlobGasPricePtr, receiptContractPtr, receiptFromPtr, receiptGasPricePtr, receiptHashPtr,
  receiptL1FeePtr, receiptStateRootPtr,
} from "../transaction/receipt";
import { BLOB, DEPOSIT } from "../transaction/transaction";
import { copy32, copyAddress } from "../u256/word";
import { u256Bytes } from "../encoding/rlp";
import { put, shrink } from "./wire";

const HAS_STATUS: u32 = 1;
const SUCCEEDED: u32 = 2;
const HAS_STATE_ROOT: u32 = 4;
const HAS_BLOB_GAS: u32 = 8;
const HAS_BLOB_PRICE: u32 = 16;
const HAS_CONTRACT: u32 = 32;
const IS_DEPOSIT: u32 = 64;
const HAS_L1_FEE: u32 = 128;

/** Fields whose places never change. */
const FIXED_SIZE: u32 = 84;
/** The most that the fields between those and the bloom take. */
const MOST_OPTIONAL: u32 = 33 + 32 + 8 + 33 + 20 + 8 + 8 + 33;
/** With more bits than this the filter itself is shorter. */
const MOST_BITS: u32 = BLOOM_SIZE / 2;
const WHOLE_BLOOM: u32 = 0xffff;

export function putExecutionRecord(receipt: Receipt): void {
  const most = FIXED_SIZE + MOST_OPTIONAL + BLOOM_SIZE + receipt.logBytes;
  const start = put(most);
  const flags = flagsOf(receipt);
  const whole = receipt.bloomBitCount > MOST_BITS;
  store<u32>(start, receipt.logCount, 4);
  store<u64>(start, receipt.cumulativeGasUsed, 8);
  store<u64>(start, receipt.gasUsed, 16);
  copy32(start + 24, receiptHashPtr(receipt));
  copyAddress(start + 56, receiptFromPtr(receipt));
  store<u8>(start, <u8>receipt.type, 76);
  store<u8>(start, <u8>flags, 77);
  store<u16>(start, <u16>(whole ? WHOLE_BLOOM : receipt.bloomBitCount), 78);
  store<u32>(start, receipt.logBytes, 80);
  let at = writeOptional(start + FIXED_SIZE, receipt, flags);
  if (whole) {
    memory.fill(at, 0, BLOOM_SIZE);
    addReceiptBloom(at, receipt);
    at += BLOOM_SIZE;
  } else if (receipt.logCount != 0) {
    memory.copy(at, receipt.bloomBits, <usize>receipt.bloomBitCount << 1);
    at += <usize>receipt.bloomBitCount << 1;
  }
  if (receipt.logCount != 0) memory.copy(at, receipt.logs, receipt.logBytes);
  const size = <u32>(at - start) + receipt.logBytes;
  store<u32>(start, size);
  shrink(most - size);
}

function flagsOf(receipt: Receipt): u32 {
  let flags: u32 = receipt.hasStatus ? HAS_STATUS : HAS_STATE_ROOT;
  if (receipt.status && receipt.hasStatus) flags |= SUCCEEDED;
  if (receipt.type == BLOB) flags |= HAS_BLOB_GAS | HAS_BLOB_PRICE;
  else if (receipt.blobGasUsed != 0) flags |= HAS_BLOB_GAS;
  if (receipt.isCreation) flags |= HAS_CONTRACT;
  if (receipt.type == DEPOSIT) flags |= IS_DEPOSIT;
  return receipt.hasL1Fee ? flags | HAS_L1_FEE : flags;
}

function writeOptional(at: usize, receipt: Receipt, flags: u32): usize {
  at = writeAmount(at, receiptGasPricePtr(receipt));
  if (flags & HAS_STATE_ROOT) {
    copy32(at, receiptStateRootPtr(receipt));
    at += 32;
  }
  if (flags & HAS_BLOB_GAS) {
    store<u64>(at, receipt.blobGasUsed);
    at += 8;
  }
  if (flags & HAS_BLOB_PRICE) at = writeAmount(at, receiptBlobGasPricePtr(receipt));
  if (flags & HAS_CONTRACT) {
    copyAddress(at, receiptContractPtr(receipt));
    at += 20;
  }
  if (flags & IS_DEPOSIT) {
    store<u64>(at, receipt.depositNonce);
    at += 8;
  }
  if ((flags & HAS_L1_FEE) == 0) return at;
  store<u64>(at, receipt.l1GasUsed);
  return writeAmount(at + 8, receiptL1FeePtr(receipt));
}

function writeAmount(at: usize, word: usize): usize {
  const length = u256Bytes(word);
  store<u8>(at, <u8>length);
  copy32(at + 1, word);
  return at + 1 + length;
}
