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
  decodeHeader,
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
import { MAX_BLOCK_SIZE } from "../block/header-rules";
import { importBlock } from "../block/import";
import {
  BODY_SIZE,
  HEADER,
  OPEN,
  PHASE,
  TRANSACTION_COUNT,
  clearMarks,
  closeBlock,
  markBlock,
  openBlock,
  retainRaw,
  rollbackTo,
} from "../block/open-block";
import { PROCESSED, RECEIPT, processTransaction } from "../block/process";
import { clearRequests } from "../block/requests";
import { runPreBlockCalls } from "../block/system";
import { newWithdrawals, withdrawalAddressPtr, withdrawalAt, withdrawalsSize } from "../block/withdrawals";
import { keccak256 } from "../crypto/keccak";
import { codeBytes, codeLength } from "../evm/code";
import { ENV, blobBaseFeePtr } from "../evm/environment";
import { OUTPUT, OUTPUT_LENGTH } from "../evm/message";
import { resetBlockMemory } from "../memory/arena";
import { reserve } from "../memory/heap";
import { FRONTIER, OSAKA } from "../spec/forks";
import { account, accountExists, balancePtr, codeHashPtr, codeOf } from "../state/account";
import {
  clearStorage,
  commitNodes,
  openState,
  overrideBalance,
  overrideCode,
  overrideNonce,
  overrideSlot,
  stateRoot,
} from "../state/base";
import { PROOF, PROOF_COUNT, accountProof, storageProof, storageRoot } from "../state/proof";
import { currentPtr, slot } from "../state/storage";
import { beginTransaction, discardTransaction } from "../state/transaction";
import { DECODED, decodeTransaction } from "../transaction/decode";
import { GAS_ALLOWANCE_EXCEEDED, INVALID_SIGNATURE, VALID, reject } from "../transaction/error";
import { STATUS } from "../transaction/execute";
import { floorGas, intrinsicGas } from "../transaction/gas";
import { recoverSender } from "../transaction/signature";
import { LEGACY, fromPtr, hashPtr } from "../transaction/transaction";
import { checkContents, checkSigned } from "../transaction/validity";
import { EMPTY_ROOT } from "../trie/trie";
import { copy32, loadBE, storeBE } from "../u256/word";
import { initialiseKernel } from "./initialise";
import { loadConfiguredModel } from "./model";
import {
  putHeader,
  putHeaderRlp,
  putReceipt,
  putRejection,
  putSealedBlock,
  putTransaction,
  takeConfig,
  takeHeader,
} from "./records";
import { runSimulation } from "./simulate";
import {
  answer,
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

export { ioInput, ioOutput } from "./wire";
export * from "./cache";
export * from "./codec";
export * from "./infer";

const WRONG_PHASE: u32 = 0xffffffff;
/** Headers and list lengths around the transactions of a block, in bytes, with room to spare. */
const BLOCK_OVERHEAD: u64 = 2048;
const TRANSACTION_OVERHEAD: u64 = 5;

let parent: Header = changetype<Header>(0);
let scratch: usize = 0;

/** Message: 16 bytes of host randomness. Once, before anything else. */
export function initialise(length: u32): u32 {
  initialiseKernel(takeU64(), takeU64());
  parent = changetype<Header>(reserve(HEADER_SIZE));
  scratch = reserve(96);
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
  const raw = take(size);
  const error = exceedsBlockSize(size) ? reject(GAS_ALLOWANCE_EXCEEDED, size) : processTransaction(raw, size);
  if (error != VALID) {
    putRejection(error);
    return answer();
  }
  retainRaw();
  putBool(true);
  putRaw(hashPtr(PROCESSED), 32);
  putRaw(fromPtr(PROCESSED), 20);
  putU8(STATUS);
  putBytes(OUTPUT, OUTPUT_LENGTH);
  putReceipt(RECEIPT);
  return answer();
}

/** EIP-7934: what would not fit the block's size limit is left for a later block. */
function exceedsBlockSize(size: u32): bool {
  const body = BODY_SIZE + size + (<u64>TRANSACTION_COUNT + 1) * TRANSACTION_OVERHEAD + withdrawalsSize();
  return ENV.fork >= OSAKA && body + BLOCK_OVERHEAD > MAX_BLOCK_SIZE;
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

/** Answer: presence, nonce, balance, code hash, storage root. */
function readAccount(address: usize): bool {
  const found = account(address);
  const exists = accountExists(found);
  putBool(exists);
  if (!exists) return false;
  putU64(found.nonce);
  putRaw(balancePtr(found), 32);
  putRaw(codeHashPtr(found), 32);
  storageRoot(address, put(32));
  return true;
}

export function accountState(length: u32): u32 {
  const address = take(20);
  beginTransaction();
  readAccount(address);
  discardTransaction();
  return answer();
}

export function accountCode(length: u32): u32 {
  const address = take(20);
  beginTransaction();
  const code = codeOf(account(address));
  putBytes(codeBytes(code), codeLength(code));
  discardTransaction();
  return answer();
}

export function accountStorage(length: u32): u32 {
  const address = take(20);
  const key = take(32);
  beginTransaction();
  loadBE(scratch, key);
  storeBE(put(32), currentPtr(slot(account(address), scratch)));
  discardTransaction();
  return answer();
}

/** EIP-1186; an absent account has the fields of an empty one. */
export function accountProofs(length: u32): u32 {
  const address = take(20);
  const count = takeU32();
  beginTransaction();
  const found = account(address);
  putU64(found.nonce);
  putRaw(balancePtr(found), 32);
  putRaw(codeHashPtr(found), 32);
  storageRoot(address, put(32));
  accountProof(address);
  putProof();
  putU32(count);
  for (let i: u32 = 0; i < count; i++) {
    const key = take(32);
    putRaw(key, 32);
    loadBE(scratch, key);
    putRaw(currentPtr(slot(found, scratch)), 32);
    storageProof(address, scratch);
    putProof();
  }
  discardTransaction();
  return answer();
}

/** The proof's records are length and node, padded to four bytes. */
function putProof(): void {
  putU32(PROOF_COUNT);
  let at = PROOF;
  for (let i: u32 = 0; i < PROOF_COUNT; i++) {
    const length = load<u32>(at);
    putBytes(at + 4, length);
    at += 4 + ((length + 3) & ~3);
  }
}

export function overrideAccount(length: u32): u32 {
  const address = take(20);
  const hasBalance = takeBool();
  const balance = take(32);
  if (hasBalance) overrideBalance(address, balance);
  const hasNonce = takeBool();
  const nonce = takeU64();
  if (hasNonce) overrideNonce(address, nonce);
  const hasCode = takeBool();
  const codeSize = takeU32();
  const code = take(codeSize);
  if (hasCode) overrideCode(address, code, codeSize);
  if (takeBool()) clearStorage(address);
  for (let left = takeU32(); left > 0; left--) {
    loadBE(scratch, take(32));
    loadBE(scratch + 32, take(32));
    overrideSlot(address, scratch, scratch + 32);
  }
  return answer();
}

/** Message: whether to apply the rules of a fork, the fork, the encoded transaction. */
export function decode(length: u32): u32 {
  const check = takeBool();
  const fork = takeU32();
  const size = takeU32();
  const raw = take(size);
  beginTransaction();
  const error = decodeAndCheck(raw, size, check, fork);
  if (error != VALID) {
    putRejection(error);
  } else {
    putBool(true);
    putTransaction(DECODED);
    if (check) {
      putU64(intrinsicGas(DECODED, fork));
      putU64(floorGas(DECODED, fork));
    }
  }
  discardTransaction();
  return answer();
}

function decodeAndCheck(raw: usize, size: u32, check: bool, fork: u32): u32 {
  let error = decodeTransaction(raw, size);
  if (error != VALID) return error;
  if (check) {
    error = checkSigned(DECODED, fork);
    if (error == VALID) error = checkContents(DECODED, fork);
    if (error != VALID) return error;
  }
  // Without a fork to go by, only what no fork ever accepted is refused: high s was valid in Frontier.
  const rules = check ? fork : DECODED.type == LEGACY && !DECODED.hasChainId ? FRONTIER : OSAKA;
  return recoverSender(DECODED, rules) ? VALID : reject(INVALID_SIGNATURE);
}

export function headerDecode(length: u32): u32 {
  const size = takeU32();
  const rlp = take(size);
  const valid = size > 0 && decodeHeader(rlp, rlp + size, parent) == rlp + size;
  putBool(valid);
  if (valid) putHeader(parent);
  return answer();
}

export function headerEncode(length: u32): u32 {
  takeHeader(parent);
  putHeaderRlp(parent);
  return answer();
}

export function keccak(length: u32): u32 {
  const size = takeU32();
  keccak256(take(size), size, put(32));
  return answer();
}
