/** A received header against its parent: every rule that needs no execution. */
import { isValidExtraData } from "../rollup/extra-data";
import { CANCUN, LONDON, OSAKA, PARIS } from "../spec/forks";
import { VALID, reject, rejectWords } from "../transaction/error";
import { txAlloc } from "../memory/arena";
import { eq32, isZero32 } from "../u256/word";
import { fieldsOf } from "./complete";
import { CONFIG, forkAt } from "./config";
import {
  EXTRA_DATA_TOO_BIG,
  GAS_USED_ABOVE_LIMIT,
  INCORRECT_BLOCK_FORMAT,
  INCORRECT_EXCESS_BLOB_GAS,
  INVALID_BASE_FEE,
  INVALID_BLOCK_NUMBER,
  INVALID_DIFFICULTY,
  INVALID_EXTRA_DATA,
  INVALID_GAS_LIMIT,
  INVALID_NONCE,
  INVALID_TIMESTAMP,
  RLP_BLOCK_LIMIT_EXCEEDED,
  UNKNOWN_PARENT,
} from "./error";
import { ELASTICITY, nextBaseFee, nextExcessBlobGas } from "./fees";
import { Header, difficultyPtr, headerBaseFeePtr, parentHashPtr } from "./header";

const MAX_EXTRA_DATA: u32 = 32;
const MIN_GAS_LIMIT: u64 = 5000;
const MAX_GAS_LIMIT: u64 = 0x7fffffffffffffff;
const GAS_LIMIT_BOUND_DIVISOR: u64 = 1024;
/** EIP-7934: 10 MiB less a margin of 2 MiB for the beacon block around it. */
export const MAX_BLOCK_SIZE: u32 = 8 << 20;

/** VALID or the first broken rule of a block of `size` bytes on `parent`. */
export function checkHeader(header: Header, size: u32, parent: Header, parentHash: usize): u32 {
  const fork = forkAt(header.number, header.timestamp);
  if (fork >= OSAKA && size > MAX_BLOCK_SIZE) return reject(RLP_BLOCK_LIMIT_EXCEEDED, size, MAX_BLOCK_SIZE);
  if (!eq32(parentHashPtr(header), parentHash)) return reject(UNKNOWN_PARENT);
  if (header.present != fieldsOf(fork)) return reject(INCORRECT_BLOCK_FORMAT);
  if (header.number != parent.number + 1) return reject(INVALID_BLOCK_NUMBER, header.number, parent.number + 1);
  if (header.timestamp <= parent.timestamp) return reject(INVALID_TIMESTAMP, header.timestamp, parent.timestamp);
  if (header.gasUsed > header.gasLimit) return reject(GAS_USED_ABOVE_LIMIT, header.gasUsed, header.gasLimit);
  if (header.extraDataLength > MAX_EXTRA_DATA)
    return reject(EXTRA_DATA_TOO_BIG, header.extraDataLength, MAX_EXTRA_DATA);
  if (CONFIG.isRollup && !isValidExtraData(header)) return reject(INVALID_EXTRA_DATA);
  const error = checkGasLimit(header, fork, parent);
  if (error != VALID) return error;
  const sealError = checkSeal(header, fork);
  return sealError != VALID ? sealError : checkPrices(header, fork, parent);
}

/** A rollup's gas limit is what the system configuration on L1 says, at once. */
function checkGasLimit(header: Header, fork: u32, parent: Header): u32 {
  if (CONFIG.isRollup) {
    return header.gasLimit > MAX_GAS_LIMIT ? reject(INVALID_GAS_LIMIT, header.gasLimit, MAX_GAS_LIMIT) : VALID;
  }
  const firstLondon = fork >= LONDON && forkAt(parent.number, parent.timestamp) < LONDON;
  const reference = firstLondon ? parent.gasLimit * ELASTICITY : parent.gasLimit;
  const limit = header.gasLimit;
  const distance = limit > reference ? limit - reference : reference - limit;
  if (distance >= reference / GAS_LIMIT_BOUND_DIVISOR || limit < MIN_GAS_LIMIT || limit > MAX_GAS_LIMIT) {
    return reject(INVALID_GAS_LIMIT, limit, reference);
  }
  return VALID;
}

/** Paris fixes what proof of work had used; before it seals are not checked. */
function checkSeal(header: Header, fork: u32): u32 {
  if (isZero32(difficultyPtr(header)) != fork >= PARIS) return reject(INVALID_DIFFICULTY);
  return fork >= PARIS && header.nonce != 0 ? reject(INVALID_NONCE) : VALID;
}

function checkPrices(header: Header, fork: u32, parent: Header): u32 {
  if (fork >= LONDON) {
    const baseFee = txAlloc(32);
    nextBaseFee(parent, baseFee);
    if (!eq32(headerBaseFeePtr(header), baseFee))
      return rejectWords(INVALID_BASE_FEE, headerBaseFeePtr(header), baseFee);
  }
  if (fork < CANCUN) return VALID;
  const excess = nextExcessBlobGas(parent, header.number, header.timestamp);
  return header.excessBlobGas == excess ? VALID : reject(INCORRECT_EXCESS_BLOB_GAS, header.excessBlobGas, excess);
}
