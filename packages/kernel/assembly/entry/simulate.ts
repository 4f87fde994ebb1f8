/** Unsigned messages on the open block: eth_call, gas estimates, traces, eth_simulateV1, impersonated senders. */
import { processMessage } from "../block/message";
import { clearPrecompileMoves, precompileId, setPrecompileMove } from "../precompiles/precompiles";
import { GAS_USED, HEADER } from "../block/open-block";
import { RECEIPT } from "../block/process";
import { ENV, coinbasePtr } from "../evm/environment";
import { CREATED_ADDRESS, OUTPUT, OUTPUT_LENGTH } from "../evm/message";
import { txAlloc } from "../memory/arena";
import { firstAccount, firstSlot, nextAccount, nextSlot } from "../state/access";
import { Account, account } from "../state/account";
import { beginTransaction, discardTransaction } from "../state/transaction";
import { VALID } from "../transaction/error";
import { GAS_USED_BEFORE_REFUND, STATUS } from "../transaction/execute";
import {
  ACCESS_LIST,
  AUTHORIZATION_SIZE,
  BLOB,
  DYNAMIC_FEE,
  LEGACY,
  RECOVERY_DONE,
  SET_CODE,
  Transaction,
  authorityPtr,
  authorizationAddressPtr,
  authorizationAt,
  authorizationChainIdPtr,
  authorizationRPtr,
  authorizationSPtr,
  fromPtr,
  maxBlobFeePtr,
  maxFeePtr,
  maxPriorityFeePtr,
  newTransaction,
  toPtr,
  valuePtr,
} from "../transaction/transaction";
import { LONDON } from "../spec/forks";
import { copy32, storeBE } from "../u256/word";
import { putExecutionRecord } from "./execution-record";
import { putRejection } from "./records";
import {
  answer,
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
  takeU8,
} from "./wire";

const VALIDATE: u32 = 1;
const KEEP: u32 = 2;

let hasNonce: bool = false;

/** Runs the message in the input region and answers with its outcome. */
export function runSimulation(): u32 {
  const options = takeU8();
  beginTransaction();
  takePrecompileMoves();
  const tx = takeMessage((options & KEEP) != 0);
  const sender = account(fromPtr(tx));
  if (!hasNonce) tx.nonce = sender.nonce;
  const keep = (options & KEEP) != 0;
  const error = processMessage(tx, sender, (options & VALIDATE) != 0, keep);
  if (error != VALID) putRejection(error);
  else putOutcome(tx);
  if (error != VALID || !keep) discardTransaction();
  clearPrecompileMoves();
  return answer();
}

function takePrecompileMoves(): void {
  for (let left = takeU32(); left > 0; left--) {
    const from = take(20);
    setPrecompileMove(from, take(20));
  }
}

function takeMessage(keep: bool): Transaction {
  const tx = newTransaction();
  takeTo(fromPtr(tx), 20);
  tx.isCreation = !takeBool();
  takeTo(toPtr(tx), 20);
  const hasGas = takeBool();
  const gas = takeU64();
  // Signed 64-bit gas bounds every real limit; more changes nothing.
  tx.gasLimit = min<u64>(hasGas ? gas : HEADER.gasLimit - (keep ? GAS_USED : 0), i64.MAX_VALUE);
  const hasGasPrice = takeBool();
  const gasPrice = take(32);
  const hasMaxFee = takeBool();
  takeTo(maxFeePtr(tx), 32);
  const hasPriorityFee = takeBool();
  takeTo(maxPriorityFeePtr(tx), 32);
  if (hasGasPrice) {
    copy32(maxFeePtr(tx), gasPrice);
    copy32(maxPriorityFeePtr(tx), gasPrice);
  }
  takeBool();
  takeTo(maxBlobFeePtr(tx), 32);
  hasNonce = takeBool();
  tx.nonce = takeU64();
  takeTo(valuePtr(tx), 32);
  tx.dataLength = takeU32();
  tx.data = take(tx.dataLength);
  const hasAccessList = takeBool();
  takeAccessList(tx);
  const hasBlobs = takeBool();
  tx.blobCount = takeU32();
  tx.blobHashes = take((<usize>tx.blobCount) << 5);
  const hasAuthorizations = takeBool();
  takeAuthorizations(tx);
  const dynamic = hasMaxFee || hasPriorityFee || (!hasGasPrice && ENV.fork >= LONDON);
  if (hasAuthorizations) tx.type = SET_CODE;
  else if (hasBlobs) tx.type = BLOB;
  else if (dynamic) tx.type = DYNAMIC_FEE;
  else tx.type = hasAccessList ? ACCESS_LIST : LEGACY;
  return tx;
}

/** The message's form of a list is the transaction's own. */
function takeAccessList(tx: Transaction): void {
  tx.accessListLength = takeU32();
  tx.accessList = take(0);
  for (let i: u32 = 0; i < tx.accessListLength; i++) {
    const keys = load<u32>(take(24), 20);
    take((<usize>keys) << 5);
    tx.accessListKeys += keys;
  }
}

function takeAuthorizations(tx: Transaction): void {
  tx.authorizationCount = takeU32();
  tx.authorizations = txAlloc(<usize>tx.authorizationCount * AUTHORIZATION_SIZE);
  memory.fill(tx.authorizations, 0, <usize>tx.authorizationCount * AUTHORIZATION_SIZE);
  for (let i: u32 = 0; i < tx.authorizationCount; i++) {
    const authorization = authorizationAt(tx, i);
    takeTo(authorizationChainIdPtr(authorization), 32);
    takeTo(authorizationAddressPtr(authorization), 20);
    authorization.nonce = takeU64();
    authorization.yParity = takeU8();
    takeTo(authorizationRPtr(authorization), 32);
    takeTo(authorizationSPtr(authorization), 32);
    if (takeBool()) authorization.recovery = RECOVERY_DONE;
    takeTo(authorityPtr(authorization), 20);
  }
}

function putOutcome(tx: Transaction): void {
  putBool(true);
  putU8(STATUS);
  putU64(GAS_USED_BEFORE_REFUND);
  putBytes(OUTPUT, OUTPUT_LENGTH);
  putExecutionRecord(RECEIPT);
  putTouched(tx);
}

/**
 * Accounts and slots that the message touched, as an access list: not the sender, the recipient, the fee recipient or
 * precompiles unless they have slots in it, since those are warm anyway.
 */
function putTouched(tx: Transaction): void {
  const count = position();
  putU32(0);
  let listed: u32 = 0;
  for (let a = firstAccount(); changetype<usize>(a) != 0; a = nextAccount(a)) {
    if (changetype<usize>(firstSlot(a)) == 0 && isWarmAnyway(a, tx)) continue;
    listed++;
    putRaw(changetype<usize>(a), 20);
    putSlots(a);
  }
  patchU32(count, listed);
}

function isWarmAnyway(a: Account, tx: Transaction): bool {
  const address = changetype<usize>(a);
  return (
    precompileId(address) != 0 ||
    memory.compare(address, fromPtr(tx), 20) == 0 ||
    memory.compare(address, tx.isCreation ? CREATED_ADDRESS : toPtr(tx), 20) == 0 ||
    memory.compare(address, coinbasePtr(), 20) == 0
  );
}

function putSlots(a: Account): void {
  const count = position();
  putU32(0);
  let listed: u32 = 0;
  for (let s = firstSlot(a); changetype<usize>(s) != 0; s = nextSlot(s)) {
    listed++;
    storeBE(put(32), changetype<usize>(s));
  }
  patchU32(count, listed);
}
