/** EIP-4895 withdrawals: balance increases without a transaction. */
import {
  ITEM, ITEM_U64, listSize, readFixed, readList, readU64, u64Size, writeBytes, writeListHeader, writeU64,
} from "../encoding/rlp";
import { blockAlloc, txAlloc } from "../memory/arena";
import { account, addBalance } from "../state/account";
import { beginTransaction, endTransaction } from "../state/transaction";
import { orderedRoot } from "../trie/ordered";
import { multiply } from "../u256/multiply";
import { set64 } from "../u256/word";

const WEI_PER_GWEI: u64 = 1_000_000_000;

/** Unmanaged record; the address follows. */
@unmanaged
export class Withdrawal {
  index: u64;
  validatorIndex: u64;
  /** Gwei. */
  amount: u64;
}

const ADDRESS: usize = 24;
const WITHDRAWAL_SIZE: usize = 48;

/** Records of the block in progress. */
let records: usize = 0;
let recordCount: u32 = 0;

// @ts-ignore: decorator
@inline
export function withdrawalAt(index: u32): Withdrawal {
  return changetype<Withdrawal>(records + <usize>index * WITHDRAWAL_SIZE);
}

// @ts-ignore: decorator
@inline
export function withdrawalAddressPtr(withdrawal: Withdrawal): usize {
  return changetype<usize>(withdrawal) + ADDRESS;
}

/** Makes room for the withdrawals of the block in progress, in block memory. */
export function newWithdrawals(count: u32): void {
  records = blockAlloc(<usize>count * WITHDRAWAL_SIZE);
  recordCount = count;
}

/** Decodes the body's list from `at` to `end`; false when malformed. */
export function decodeWithdrawals(at: usize, end: usize): bool {
  let count: u32 = 0;
  for (let next = at; next < end; count++) {
    next = readList(next, end);
    if (next == 0) return false;
  }
  newWithdrawals(count);
  for (let i: u32 = 0; i < count; i++) {
    at = decodeWithdrawal(at, end, withdrawalAt(i));
    if (at == 0) return false;
  }
  return true;
}

function decodeWithdrawal(at: usize, end: usize, withdrawal: Withdrawal): usize {
  const next = readList(at, end);
  if (next == 0) return 0;
  at = readU64(ITEM, next);
  if (at == 0) return 0;
  withdrawal.index = ITEM_U64;
  at = readU64(at, next);
  if (at == 0) return 0;
  withdrawal.validatorIndex = ITEM_U64;
  at = readFixed(at, next, 20, withdrawalAddressPtr(withdrawal));
  if (at == 0 || readU64(at, next) != next) return 0;
  withdrawal.amount = ITEM_U64;
  return next;
}

/** Credits all withdrawals; an empty account that one of zero touches is deleted (EIP-161). */
export function applyWithdrawals(): void {
  if (recordCount == 0) return;
  beginTransaction();
  const amount = txAlloc(64);
  for (let i: u32 = 0; i < recordCount; i++) {
    const withdrawal = withdrawalAt(i);
    set64(amount, withdrawal.amount);
    set64(amount + 32, WEI_PER_GWEI);
    multiply(amount, amount, amount + 32);
    addBalance(account(withdrawalAddressPtr(withdrawal)), amount);
  }
  endTransaction(true);
}

function payloadSize(withdrawal: Withdrawal): u32 {
  return u64Size(withdrawal.index) + u64Size(withdrawal.validatorIndex) + 21 + u64Size(withdrawal.amount);
}

/** Encoded items, without the header of the list around them. */
export function withdrawalsSize(): u32 {
  let size: u32 = 0;
  for (let i: u32 = 0; i < recordCount; i++) size += listSize(payloadSize(withdrawalAt(i)));
  return size;
}

export function writeWithdrawals(at: usize): usize {
  for (let i: u32 = 0; i < recordCount; i++) at = writeWithdrawal(at, withdrawalAt(i));
  return at;
}

function writeWithdrawal(at: usize, withdrawal: Withdrawal): usize {
  at = writeListHeader(at, payloadSize(withdrawal));
  at = writeU64(at, withdrawal.index);
  at = writeU64(at, withdrawal.validatorIndex);
  at = writeBytes(at, withdrawalAddressPtr(withdrawal), 20);
  return writeU64(at, withdrawal.amount);
}

export function withdrawalsRoot(out: usize): void {
  const items = blockAlloc(<usize>recordCount << 3);
  let at = blockAlloc(withdrawalsSize());
  for (let i: u32 = 0; i < recordCount; i++) {
    const end = writeWithdrawal(at, withdrawalAt(i));
    store<u32>(items + (<usize>i << 3), <u32>at);
    store<u32>(items + (<usize>i << 3), <u32>(end - at), 4);
    at = end;
  }
  orderedRoot(items, recordCount, out);
}
