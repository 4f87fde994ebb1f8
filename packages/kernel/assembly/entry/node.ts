/**
 * Exported functions of the node's kernel. Each reads its message from the input region and returns the length of its
 * answer (wire.ts), or WRONG_PHASE when a block is open that must not be, or none that has to be.
 */
import { deriveHeader, sealBlock, setExtraData } from "../block/build";
import { emptyOmmersHash, headerWithdrawalsRoot } from "../block/complete";
import { CONFIG } from "../block/config";
import {
  HAS_BASE_FEE,
  HAS_EXCESS_BLOB_GAS,
  HEADER_SIZE,
  Header,
  beaconRootPtr,
  difficultyPtr,
  headerBaseFeePtr,
  headerCoinbasePtr,
  mixHashPtr,
  ommersHashPtr,
  receiptsRootPtr,
  stateRootPtr,
  transactionsRootPtr,
  withdrawalsRootPtr,
} from "../block/header";
import { importBlock } from "../block/import";
import { HEADER, OPEN, PHASE, clearMarks, closeBlock, markBlock, openBlock, rollbackTo } from "../block/open-block";
import { clearRequests } from "../block/requests";
import { runPreBlockCalls } from "../block/system";
import { newWithdrawals, withdrawalAddressPtr, withdrawalAt } from "../block/withdrawals";
import { blobBaseFeePtr } from "../evm/environment";
import { resetBlockMemory } from "../memory/arena";
import { reserve } from "../memory/heap";
import { commitNodes, openState, stateRoot } from "../state/base";
import { VALID } from "../transaction/error";
import { EMPTY_ROOT } from "../trie/trie";
import { copy32 } from "../u256/word";
import { initAccounts } from "./account";
import { initDecoding } from "./decode";
import { putExecution } from "./execution";
import { initialiseKernel } from "./initialise";
import { loadConfiguredModel } from "./model";
import { putHeader, putRejection, putSealedBlock, takeConfig, takeHeader } from "./records";
import { runSimulation } from "./simulate";
import { answer, put, putBool, putU32, take, takeBool, takeTo, takeU32, takeU64 } from "./wire";

export { ioInput, ioOutput } from "./wire";
export { accountCode, accountProofs, accountState, accountStorage, overrideAccount } from "./account";
export * from "./cache";
export * from "./codec";
export { decode, headerDecode, headerEncode, keccak } from "./decode";
export * from "./infer";
export * from "./parallel";
export * from "./jit";
export * from "./senders";

const WRONG_PHASE: u32 = 0xffffffff;

let parent: Header = changetype<Header>(0);

/** Message: 16 bytes of host randomness. Once, before anything else. */
export function initialise(length: u32): u32 {
  initialiseKernel(takeU64(), takeU64());
  parent = changetype<Header>(reserve(HEADER_SIZE));
  initAccounts();
  initDecoding();
  return answer();
}

/** Answer: whether the configured model could be loaded, true when there is none. */
export function configure(length: u32): u32 {
  takeConfig();
  putBool(!CONFIG.inference || loadConfiguredModel());
  return answer();
}

export function open(length: u32): u32 {
  closeBlock();
  resetBlockMemory();
  openState(take(32));
  return answer();
}

export function root(length: u32): u32 {
  stateRoot(put(32));
  return answer();
}

/** Seals the state as it is under the header in the message, as the first block. */
export function genesis(length: u32): u32 {
  closeBlock();
  resetBlockMemory();
  takeHeader(HEADER);
  const extraData = HEADER.extraData;
  openBlock();
  setExtraData(extraData, HEADER.extraDataLength);
  closeBlock();
  newWithdrawals(0);
  clearRequests();
  stateRoot(stateRootPtr(HEADER));
  if (CONFIG.isRollup) headerWithdrawalsRoot(withdrawalsRootPtr(HEADER));
  emptyOmmersHash(ommersHashPtr(HEADER));
  copy32(transactionsRootPtr(HEADER), EMPTY_ROOT);
  copy32(receiptsRootPtr(HEADER), EMPTY_ROOT);
  putSealedBlock(0, 0);
  return answer();
}

/** Opens a block on a parent and answers with its header so far. */
export function begin(length: u32): u32 {
  takeHeader(parent);
  const parentHash = take(32);
  const timestamp = takeU64();
  const coinbase = take(20);
  const gasLimit = takeU64();
  const prevRandao = take(32);
  const extraDataLength = takeU32();
  const extraData = take(extraDataLength);
  const beaconRoot = take(32);
  const hasNumber = takeBool();
  const number = takeU64();
  deriveHeader(parent, parentHash, hasNumber ? number : parent.number + 1, timestamp, gasLimit);
  memory.copy(headerCoinbasePtr(HEADER), coinbase, 20);
  copy32(mixHashPtr(HEADER), prevRandao);
  copy32(beaconRootPtr(HEADER), beaconRoot);
  takeOverrides();
  const hasBlobBaseFee = takeBool();
  const blobFee = take(32);
  const systemCalls = takeBool();
  openBlock();
  if (hasBlobBaseFee) copy32(blobBaseFeePtr(), blobFee);
  setExtraData(extraData, extraDataLength);
  takeWithdrawals();
  if (systemCalls) runPreBlockCalls();
  putHeader(HEADER);
  return answer();
}

function takeOverrides(): void {
  const hasBaseFee = takeBool();
  const baseFee = take(32);
  if (hasBaseFee && HEADER.present & HAS_BASE_FEE) copy32(headerBaseFeePtr(HEADER), baseFee);
  const hasExcess = takeBool();
  const excess = takeU64();
  if (hasExcess && HEADER.present & HAS_EXCESS_BLOB_GAS) HEADER.excessBlobGas = excess;
  const hasDifficulty = takeBool();
  const difficulty = take(32);
  if (hasDifficulty) copy32(difficultyPtr(HEADER), difficulty);
}

function takeWithdrawals(): void {
  const count = takeU32();
  newWithdrawals(count);
  for (let i: u32 = 0; i < count; i++) {
    const withdrawal = withdrawalAt(i);
    withdrawal.index = takeU64();
    withdrawal.validatorIndex = takeU64();
    takeTo(withdrawalAddressPtr(withdrawal), 20);
    withdrawal.amount = takeU64();
  }
}

export function execute(length: u32): u32 {
  if (PHASE != OPEN) return WRONG_PHASE;
  const size = takeU32();
  putExecution(take(size), size, false);
  return answer();
}

export function simulate(length: u32): u32 {
  return PHASE == OPEN ? runSimulation() : WRONG_PHASE;
}

export function mark(length: u32): u32 {
  if (PHASE != OPEN) return WRONG_PHASE;
  putU32(markBlock());
  return answer();
}

export function rollback(length: u32): u32 {
  if (PHASE != OPEN) return WRONG_PHASE;
  putBool(rollbackTo(takeU32()));
  return answer();
}

/** Message: whether the answer repeats transactions and receipts. */
export function seal(length: u32): u32 {
  if (PHASE != OPEN) return WRONG_PHASE;
  const contents = takeBool();
  const error = sealBlock();
  if (error != VALID) {
    putRejection(error);
    return answer();
  }
  putBool(true);
  putSealedBlock(0, 0, contents);
  return answer();
}

/** Validates and executes a received block on the state of its parent. */
export function importReceived(length: u32): u32 {
  takeHeader(parent);
  const parentHash = take(32);
  const ommerRewards = takeBool();
  const size = takeU32();
  const block = take(size);
  const error = importBlock(block, size, parent, parentHash, ommerRewards);
  if (error != VALID) {
    putRejection(error);
    return answer();
  }
  putBool(true);
  putSealedBlock(block, size);
  return answer();
}

/** Computes the root and emits what is new; marks of the open block become invalid. */
export function commit(length: u32): u32 {
  commitNodes(put(32));
  clearMarks();
  return answer();
}
