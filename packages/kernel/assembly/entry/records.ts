/** Messages of more than one field: one function per record, in the order of `packages/kernel/src/wire.ts`. */
import {
  HAS_BASE_FEE, HAS_BEACON_ROOT, HAS_BLOB_GAS_USED, HAS_EXCESS_BLOB_GAS, HAS_REQUESTS_HASH, HAS_WITHDRAWALS_ROOT,
  Header, beaconRootPtr, bloomPtr, difficultyPtr, hashHeader, headerBaseFeePtr, headerCoinbasePtr, headerRlpSize,
  mixHashPtr, ommersHashPtr, parentHashPtr, receiptsRootPtr, requestsHashPtr, stateRootPtr, transactionsRootPtr,
  withdrawalsRootPtr, writeHeaderRlp,
} from "../block/header";
import { blobParametersAt, defaultModelPtr, depositContractPtr, forkActivationAt, newConfig } from "../block/config";
import { blockRlpSize, writeBlockRlp } from "../block/complete";
import { HEADER, TRANSACTION_COUNT, rawAt, rawLengthAt, receiptAt } from "../block/open-block";
import { REQUEST_COUNT, requestAt, requestLengthAt } from "../block/requests";
import { BLOOM_SIZE } from "../transaction/bloom";
import { putExecutionRecord } from "./execution-record";
import { REJECTED_ACTUAL, REJECTED_LIMIT } from "../transaction/error";
import {
  RECOVERY_DONE,
  Transaction,
  authorityPtr,
  authorizationAddressPtr,
  authorizationAt,
  authorizationChainIdPtr,
  authorizationRPtr,
  authorizationSPtr,
  fromPtr,
  hashPtr,
  maxBlobFeePtr,
  maxFeePtr,
  maxPriorityFeePtr,
  mintPtr,
  rPtr,
  sPtr,
  sourceHashPtr,
  toPtr,
  vPtr,
  valuePtr,
} from "../transaction/transaction";
import { recoverAuthority } from "../transaction/signature";
import {
  patchU32,
  position,
  put,
  putBool,
  putBytes,
  putRaw,
  putU32,
  putU64,
  putU8,
  take,
  takeBool,
  takeTo,
  takeU32,
  takeU64,
} from "./wire";

/** Mainnet's deposit contract. */
const DEPOSIT_CONTRACT = memory.data<u8>([
  0x00, 0x00, 0x00, 0x00, 0x21, 0x9a, 0xb5, 0x40, 0x35, 0x6c, 0xbb, 0x83, 0x9c, 0xbe, 0x05, 0x30, 0x3d, 0x77, 0x05,
  0xfa,
]);

export function takeConfig(): void {
  const chainId = takeU64();
  const hasDepositContract = takeBool();
  const depositContract = take(20);
  const inference = takeBool();
  const model = take(32);
  const isRollup = takeBool();
  const baseFeeDenominator = takeU32();
  const elasticity = takeU32();
  const jovianTime = takeU64();
  const forkCount = takeU32();
  const forks = take(<usize>forkCount * 20);
  const blobCount = takeU32();
  const blobs = take(<usize>blobCount * 24);
  const config = newConfig(forkCount, blobCount);
  config.chainId = chainId;
  config.inference = inference;
  config.isRollup = isRollup;
  config.baseFeeDenominator = baseFeeDenominator;
  config.elasticity = elasticity;
  config.jovianTime = jovianTime;
  memory.copy(depositContractPtr(), hasDepositContract ? depositContract : DEPOSIT_CONTRACT, 20);
  memory.copy(defaultModelPtr(), model, 32);
  for (let i: u32 = 0; i < forkCount; i++) {
    const from = forks + <usize>i * 20;
    const activation = forkActivationAt(i);
    activation.fork = load<u32>(from);
    activation.block = load<u64>(from, 4);
    activation.timestamp = load<u64>(from, 12);
  }
  for (let i: u32 = 0; i < blobCount; i++) {
    const from = blobs + <usize>i * 24;
    const parameters = blobParametersAt(i);
    parameters.timestamp = load<u64>(from);
    parameters.target = load<u32>(from, 8);
    parameters.max = load<u32>(from, 12);
    parameters.baseFeeUpdateFraction = load<u64>(from, 16);
  }
}

/** The extra data stays in the message. */
export function takeHeader(header: Header): void {
  takeTo(parentHashPtr(header), 32);
  takeTo(ommersHashPtr(header), 32);
  takeTo(headerCoinbasePtr(header), 20);
  takeTo(stateRootPtr(header), 32);
  takeTo(transactionsRootPtr(header), 32);
  takeTo(receiptsRootPtr(header), 32);
  takeTo(bloomPtr(header), BLOOM_SIZE);
  takeTo(difficultyPtr(header), 32);
  header.number = takeU64();
  header.gasLimit = takeU64();
  header.gasUsed = takeU64();
  header.timestamp = takeU64();
  header.extraDataLength = takeU32();
  header.extraData = take(header.extraDataLength);
  takeTo(mixHashPtr(header), 32);
  header.nonce = takeU64();
  header.present = 0;
  takePresence(header, HAS_BASE_FEE);
  takeTo(headerBaseFeePtr(header), 32);
  takePresence(header, HAS_WITHDRAWALS_ROOT);
  takeTo(withdrawalsRootPtr(header), 32);
  takePresence(header, HAS_BLOB_GAS_USED);
  header.blobGasUsed = takeU64();
  takePresence(header, HAS_EXCESS_BLOB_GAS);
  header.excessBlobGas = takeU64();
  takePresence(header, HAS_BEACON_ROOT);
  takeTo(beaconRootPtr(header), 32);
  takePresence(header, HAS_REQUESTS_HASH);
  takeTo(requestsHashPtr(header), 32);
}

function takePresence(header: Header, field: u32): void {
  if (takeBool()) header.present |= field;
}

export function putHeader(header: Header): void {
  putRaw(parentHashPtr(header), 32);
  putRaw(ommersHashPtr(header), 32);
  putRaw(headerCoinbasePtr(header), 20);
  putRaw(stateRootPtr(header), 32);
  putRaw(transactionsRootPtr(header), 32);
  putRaw(receiptsRootPtr(header), 32);
  putRaw(bloomPtr(header), BLOOM_SIZE);
  putRaw(difficultyPtr(header), 32);
  putU64(header.number);
  putU64(header.gasLimit);
  putU64(header.gasUsed);
  putU64(header.timestamp);
  putBytes(header.extraData, header.extraDataLength);
  putRaw(mixHashPtr(header), 32);
  putU64(header.nonce);
  putPresence(header, HAS_BASE_FEE);
  putRaw(headerBaseFeePtr(header), 32);
  putPresence(header, HAS_WITHDRAWALS_ROOT);
  putRaw(withdrawalsRootPtr(header), 32);
  putPresence(header, HAS_BLOB_GAS_USED);
  putU64(header.blobGasUsed);
  putPresence(header, HAS_EXCESS_BLOB_GAS);
  putU64(header.excessBlobGas);
  putPresence(header, HAS_BEACON_ROOT);
  putRaw(beaconRootPtr(header), 32);
  putPresence(header, HAS_REQUESTS_HASH);
  putRaw(requestsHashPtr(header), 32);
}

function putPresence(header: Header, field: u32): void {
  putBool((header.present & field) != 0);
}

/**
 * The completed block in HEADER and the open-block records; its RLP when it was received rather than built. `contents`:
 * whether transactions and their execution records follow.
 */
export function putSealedBlock(rlp: usize, length: u32, contents: bool = true): void {
  putHeader(HEADER);
  hashHeader(HEADER, put(32));
  if (rlp != 0) {
    putBytes(rlp, length);
  } else {
    const size = blockRlpSize(HEADER);
    putU32(size);
    writeBlockRlp(put(size), HEADER);
  }
  putU32(REQUEST_COUNT);
  for (let i: u32 = 0; i < REQUEST_COUNT; i++) putBytes(requestAt(i), requestLengthAt(i));
  if (!contents) return;
  putU32(TRANSACTION_COUNT);
  for (let i: u32 = 0; i < TRANSACTION_COUNT; i++) putBytes(rawAt(i), rawLengthAt(i));
  const size = position();
  putU32(0);
  for (let i: u32 = 0; i < TRANSACTION_COUNT; i++) putExecutionRecord(receiptAt(i));
  patchU32(size, position() - size - 4);
}

export function putHeaderRlp(header: Header): void {
  const size = headerRlpSize(header);
  putU32(size);
  writeHeaderRlp(put(size), header);
}

/** The broken rule and the two amounts that it compared. */
export function putRejection(error: u32): void {
  putBool(false);
  putU32(error);
  putRaw(REJECTED_ACTUAL, 32);
  putRaw(REJECTED_LIMIT, 32);
}

export function putTransaction(tx: Transaction): void {
  putU8(tx.type);
  putRaw(hashPtr(tx), 32);
  putRaw(fromPtr(tx), 20);
  putBool(tx.hasChainId);
  putU64(tx.chainId);
  putU64(tx.nonce);
  putU64(tx.gasLimit);
  putRaw(maxFeePtr(tx), 32);
  putRaw(maxPriorityFeePtr(tx), 32);
  putRaw(maxBlobFeePtr(tx), 32);
  putBool(!tx.isCreation);
  putRaw(toPtr(tx), 20);
  putRaw(valuePtr(tx), 32);
  putBytes(tx.data, tx.dataLength);
  putAccessList(tx);
  putU32(tx.blobCount);
  putRaw(tx.blobHashes, tx.blobCount << 5);
  putU32(tx.authorizationCount);
  for (let i: u32 = 0; i < tx.authorizationCount; i++) putAuthorization(tx, i);
  putRaw(vPtr(tx), 32);
  putRaw(rPtr(tx), 32);
  putRaw(sPtr(tx), 32);
  putRaw(sourceHashPtr(tx), 32);
  putRaw(mintPtr(tx), 32);
  putBool(tx.isSystem);
}

function putAccessList(tx: Transaction): void {
  putU32(tx.accessListLength);
  let at = tx.accessList;
  for (let i: u32 = 0; i < tx.accessListLength; i++) {
    const keys = load<u32>(at, 20);
    putRaw(at, 24 + (keys << 5));
    at += 24 + ((<usize>keys) << 5);
  }
}

function putAuthorization(tx: Transaction, index: u32): void {
  const authorization = authorizationAt(tx, index);
  recoverAuthority(authorization);
  putRaw(authorizationChainIdPtr(authorization), 32);
  putRaw(authorizationAddressPtr(authorization), 20);
  putU64(authorization.nonce);
  putU8(authorization.yParity);
  putRaw(authorizationRPtr(authorization), 32);
  putRaw(authorizationSPtr(authorization), 32);
  putBool(authorization.recovery == RECOVERY_DONE);
  putRaw(authorityPtr(authorization), 20);
}
