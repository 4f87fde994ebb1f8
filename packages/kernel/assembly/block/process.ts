/** One signed transaction on the open block: decode, check, run, record. */
import { ENV } from "../evm/environment";
import { priceTransaction } from "../rollup/costs";
import { BYZANTIUM } from "../spec/forks";
import { Account, account } from "../state/account";
import { stateRoot } from "../state/base";
import { beginTransaction, discardTransaction } from "../state/transaction";
import { DECODED, decodeTransaction } from "../transaction/decode";
import { INVALID_SIGNATURE, VALID, reject } from "../transaction/error";
import { finishTransaction, runTransaction } from "../transaction/execute";
import { Receipt, newReceipt, receiptStateRootPtr } from "../transaction/receipt";
import { recoverSender } from "../transaction/signature";
import { DEPOSIT, Transaction, fromPtr } from "../transaction/transaction";
import {
  checkAllowance,
  checkContents,
  checkFees,
  checkFunds,
  checkSender,
  checkSigned,
} from "../transaction/validity";
import { CONFIG } from "./config";
import { BLOB_GAS_USED, GAS_USED, HEADER, addTransaction } from "./open-block";

/** Account of the sender of the transaction that passed its checks last. */
let sender: Account = changetype<Account>(0);
/** Receipt of the last transaction that was processed. */
export let RECEIPT: Receipt = changetype<Receipt>(0);

/**
 * Executes the encoded transaction and adds it to the block, which refers to the given bytes (see `retainRaw`).
 *
 * @returns VALID, or the broken rule's code and no trace of the transaction
 */
export function processTransaction(raw: usize, length: u32): u32 {
  beginTransaction();
  const error = decodeAndCheck(raw, length);
  if (error != VALID) {
    discardTransaction();
    return error;
  }
  const tx = DECODED;
  runTransaction(tx, sender);
  recordTransaction(tx);
  return VALID;
}

/** Makes the receipt of a message that is not kept readable as RECEIPT. */
export function setReceipt(receipt: Receipt): void {
  RECEIPT = receipt;
}

/** Closes the transaction that just ran and adds it to the block with its receipt. */
export function recordTransaction(tx: Transaction): void {
  RECEIPT = newReceipt(tx, GAS_USED, true);
  RECEIPT.cumulativeGasUsed += RECEIPT.gasUsed;
  finishTransaction();
  if (ENV.fork < BYZANTIUM) stateRoot(receiptStateRootPtr(RECEIPT));
  addTransaction(tx.raw, tx.rawLength, RECEIPT);
}

function decodeAndCheck(raw: usize, length: u32): u32 {
  const malformed = decodeTransaction(raw, length);
  if (malformed != VALID) return malformed;
  const tx = DECODED;
  if (tx.type == DEPOSIT) {
    sender = account(fromPtr(tx));
    return checkAllowance(tx, HEADER.gasLimit - GAS_USED, BLOB_GAS_USED);
  }
  let error = checkSigned(tx, ENV.fork);
  if (error == VALID) error = checkContents(tx, ENV.fork);
  if (error == VALID && CONFIG.isRollup) priceTransaction(tx);
  if (error == VALID) error = checkAllowance(tx, HEADER.gasLimit - GAS_USED, BLOB_GAS_USED);
  if (error == VALID) error = checkFees(tx);
  if (error != VALID) return error;
  if (!recoverSender(tx, ENV.fork)) return reject(INVALID_SIGNATURE);
  sender = account(fromPtr(tx));
  return checkAccount(tx);
}

function checkAccount(tx: Transaction): u32 {
  const error = checkSender(tx, sender);
  return error != VALID ? error : checkFunds(tx, sender);
}
