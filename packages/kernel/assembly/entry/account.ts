/** Exported functions about one account: fields, code, slots, proofs, and state set by hand; as entry/node.ts. */
import { codeBytes, codeLength } from "../evm/code";
import { reserve } from "../memory/heap";
import { Account, account, accountExists, balancePtr, codeHashPtr, codeOf } from "../state/account";
import { clearStorage, overrideBalance, overrideCode, overrideNonce, overrideSlot } from "../state/base";
import { PROOF, PROOF_COUNT, accountProof, storageProof, storageRoot } from "../state/proof";
import { currentPtr, slot } from "../state/storage";
import { beginTransaction, discardTransaction } from "../state/transaction";
import { loadBE, storeBE } from "../u256/word";
import { answer, put, putBool, putBytes, putRaw, putU32, putU64, take, takeBool, takeU32, takeU64 } from "./wire";

/** A slot's key and value. */
let words: usize = 0;

export function initAccounts(): void {
  words = reserve(64);
}

/** Answer: presence; nonce, balance, code hash, storage root. */
export function accountState(length: u32): u32 {
  const address = take(20);
  beginTransaction();
  const found = account(address);
  const exists = accountExists(found);
  putBool(exists);
  if (exists) putFields(found, address);
  discardTransaction();
  return answer();
}

function putFields(found: Account, address: usize): void {
  putU64(found.nonce);
  putRaw(balancePtr(found), 32);
  putRaw(codeHashPtr(found), 32);
  storageRoot(address, put(32));
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
  loadBE(words, key);
  storeBE(put(32), currentPtr(slot(account(address), words)));
  discardTransaction();
  return answer();
}

/** EIP-1186; an absent account has the fields of an empty one. */
export function accountProofs(length: u32): u32 {
  const address = take(20);
  const count = takeU32();
  beginTransaction();
  const found = account(address);
  putFields(found, address);
  accountProof(address);
  putProof();
  putU32(count);
  for (let i: u32 = 0; i < count; i++) {
    const key = take(32);
    putRaw(key, 32);
    loadBE(words, key);
    putRaw(currentPtr(slot(found, words)), 32);
    storageProof(address, words);
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
    loadBE(words, take(32));
    loadBE(words + 32, take(32));
    overrideSlot(address, words, words + 32);
  }
  return answer();
}
