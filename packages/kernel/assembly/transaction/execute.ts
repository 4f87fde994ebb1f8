/** A valid transaction from buying its gas to paying the fee recipient. */
import { CONFIG } from "../block/config";
import { ENV, baseFeePtr, blobBaseFeePtr, coinbasePtr, gasPricePtr, originPtr } from "../evm/environment";
import { GAS_LEFT, call, create } from "../evm/message";
import { SUCCESS } from "../evm/status";
import { reserve } from "../memory/heap";
import { operatorFee } from "../rollup/costs";
import { beginDeposit, depositFailure, failDeposit } from "../rollup/deposit";
import { BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT } from "../rollup/predeploys";
import { BERLIN, LONDON, SHANGHAI, SPURIOUS_DRAGON } from "../spec/forks";
import { Account, account, addBalance, setNonce, subBalance, warmAccount } from "../state/account";
import { refund } from "../state/journal";
import { slot, warmSlot } from "../state/storage";
import { endTransaction } from "../state/transaction";
import { add, addCarry, less, sub } from "../u256/add";
import { multiply } from "../u256/multiply";
import { copy32, copyAddress, loadBE, set64, zero32 } from "../u256/word";
import { applyAuthorizations } from "./authorization";
import { floorGas, intrinsicGas } from "./gas";
import { DEPOSIT, Transaction, fromPtr, l1FeePtr, maxFeePtr, maxPriorityFeePtr, toPtr, valuePtr } from "./transaction";
import { GAS_PER_BLOB } from "./validity";

/** EIP-3529 and before it: the part of the gas used that refunds may give back is one in this many. */
const REFUND_QUOTIENT: u64 = 5;
const REFUND_QUOTIENT_BEFORE_LONDON: u64 = 2;

/** How the last transaction ended: a status of evm/status.ts. */
export let STATUS: u32 = 0;
/** Gas the last transaction pays for. */
export let GAS_USED: u64 = 0;
/** Gas it had consumed before refunds, at least the floor: less than that would not have been enough. */
export let GAS_USED_BEFORE_REFUND: u64 = 0;

let scratch: usize = 0;

/** Reserves working memory. Once per instance. */
export function initExecution(): void {
  scratch = reserve(96);
}

/**
 * Runs a transaction that passed every check, inside an open state transaction, and leaves its effects there. Sets
 * STATUS, GAS_USED, GAS_USED_BEFORE_REFUND and the EVM's OUTPUT.
 */
export function runTransaction(tx: Transaction, sender: Account): void {
  if (tx.type == DEPOSIT) {
    runDeposit(tx, sender);
    return;
  }
  setTransactionEnvironment(tx);
  buyGas(tx, sender);
  const nonce = sender.nonce;
  setNonce(sender, nonce + 1);
  warmUp(tx, sender);
  applyAuthorizations(tx);
  STATUS = runMessage(tx, sender, nonce);
  measureGas(tx);
  settle(tx, sender);
}

function runDeposit(tx: Transaction, sender: Account): void {
  beginDeposit(tx, sender);
  STATUS = depositFailure(tx, sender);
  if (STATUS != SUCCESS) {
    failDeposit(tx, sender);
    GAS_USED = tx.gasLimit;
    GAS_USED_BEFORE_REFUND = tx.gasLimit;
    return;
  }
  setNonce(sender, tx.nonce + 1);
  warmUp(tx, sender);
  STATUS = runMessage(tx, sender, tx.nonce);
  measureGas(tx);
}

/** Runs the top-level call or creation with the gas that the transaction's own cost leaves. */
function runMessage(tx: Transaction, sender: Account, nonce: u64): u32 {
  const gas = <i64>(tx.gasLimit - intrinsicGas(tx, ENV.fork));
  return tx.isCreation
    ? create(sender, nonce, valuePtr(tx), tx.data, tx.dataLength, gas)
    : call(sender, account(toPtr(tx)), valuePtr(tx), tx.data, tx.dataLength, gas);
}

/** Writes the effects of the transaction to the block's state, without accounts that EIP-161 deletes. */
export function finishTransaction(): void {
  endTransaction(ENV.fork >= SPURIOUS_DRAGON);
}

function setTransactionEnvironment(tx: Transaction): void {
  copyAddress(originPtr(), fromPtr(tx));
  effectiveGasPrice(tx, gasPricePtr());
  ENV.blobHashes = tx.blobHashes;
  ENV.blobHashCount = tx.blobCount;
}

/** EIP-1559: the tip on top of the base fee, up to the maximum; before London the gas price. */
function effectiveGasPrice(tx: Transaction, out: usize): void {
  if (ENV.fork < LONDON || addCarry(out, baseFeePtr(), maxPriorityFeePtr(tx)) != 0 || less(maxFeePtr(tx), out)) {
    copy32(out, maxFeePtr(tx));
  }
}

/** The balance covers the maximum prices (checkFunds), so no product here exceeds a word. */
function buyGas(tx: Transaction, sender: Account): void {
  const cost = scratch;
  gasCost(tx.gasLimit, gasPricePtr(), cost);
  if (tx.blobCount != 0) {
    const blobFee = scratch + 32;
    gasCost(<u64>tx.blobCount * GAS_PER_BLOB, blobBaseFeePtr(), blobFee);
    add(cost, cost, blobFee);
  }
  if (tx.hasRollupFees) {
    const operator = scratch + 32;
    operatorFee(tx, tx.gasLimit, operator);
    add(cost, cost, operator);
    add(cost, cost, l1FeePtr(tx));
  }
  subBalance(sender, cost);
}

function gasCost(gas: u64, price: usize, out: usize): void {
  set64(out, gas);
  multiply(out, out, price);
}

/** Accounts and slots that are warm from the start (EIP-2929, EIP-2930, EIP-3651); precompiles always are. */
function warmUp(tx: Transaction, sender: Account): void {
  if (ENV.fork < BERLIN) return;
  warmAccount(sender);
  if (!tx.isCreation) warmAccount(account(toPtr(tx)));
  if (ENV.fork >= SHANGHAI) warmAccount(account(coinbasePtr()));
  const key = scratch;
  let at = tx.accessList;
  for (let i: u32 = 0; i < tx.accessListLength; i++) {
    const listed = account(at);
    warmAccount(listed);
    const keys = load<u32>(at, 20);
    at += 24;
    for (let k: u32 = 0; k < keys; k++, at += 32) {
      loadBE(key, at);
      warmSlot(slot(listed, key));
    }
  }
}

/** Sets GAS_USED and GAS_USED_BEFORE_REFUND from what the message left. */
function measureGas(tx: Transaction): void {
  const used = tx.gasLimit - <u64>GAS_LEFT;
  const floor = floorGas(tx, ENV.fork);
  const quotient = ENV.fork >= LONDON ? REFUND_QUOTIENT : REFUND_QUOTIENT_BEFORE_LONDON;
  const refunded = min<u64>(refund < 0 ? 0 : <u64>refund, used / quotient);
  GAS_USED = max<u64>(used - refunded, floor);
  GAS_USED_BEFORE_REFUND = max<u64>(used, floor);
}

/**
 * Refunds the sender and pays the fee recipient. The base fee and the blob fee are burnt; a rollup pays the base fee and
 * its own fees to vaults.
 */
function settle(tx: Transaction, sender: Account): void {
  const amount = scratch;
  gasCost(tx.gasLimit - GAS_USED, gasPricePtr(), amount);
  addBalance(sender, amount);
  const tip = scratch + 32;
  tipPerGas(tip);
  gasCost(GAS_USED, tip, amount);
  addBalance(account(coinbasePtr()), amount);
  if (CONFIG.isRollup) {
    gasCost(GAS_USED, baseFeePtr(), amount);
    addBalance(account(BASE_FEE_VAULT), amount);
  }
  if (tx.hasRollupFees) settleRollupFees(tx, sender);
}

/** The operator's fee was bought for the gas limit, and is due for the gas used. */
function settleRollupFees(tx: Transaction, sender: Account): void {
  const bought = scratch;
  const due = scratch + 32;
  operatorFee(tx, tx.gasLimit, bought);
  operatorFee(tx, GAS_USED, due);
  sub(bought, bought, due);
  addBalance(sender, bought);
  addBalance(account(OPERATOR_FEE_VAULT), due);
  addBalance(account(L1_FEE_VAULT), l1FeePtr(tx));
}

function tipPerGas(out: usize): void {
  if (ENV.fork < LONDON) copy32(out, gasPricePtr());
  else if (less(gasPricePtr(), baseFeePtr())) zero32(out);
  else sub(out, gasPricePtr(), baseFeePtr());
}
