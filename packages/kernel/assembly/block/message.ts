/** One unsigned message on the open block. */
import { ENV, baseFeePtr, blobBaseFeePtr } from "../evm/environment";
import { blockAlloc, txAlloc } from "../memory/arena";
import { Account } from "../state/account";
import { VALID } from "../transaction/error";
import { unsignedSize, writeUnsigned } from "../transaction/encode";
import { GAS_USED as MESSAGE_GAS_USED, runTransaction } from "../transaction/execute";
import { newReceipt } from "../transaction/receipt";
import { Transaction, maxBlobFeePtr, maxFeePtr } from "../transaction/transaction";
import {
  checkAllowance,
  checkBlobFee,
  checkContents,
  checkFees,
  checkFunds,
  checkNonce,
} from "../transaction/validity";
import { copy32, isZero32, zero32 } from "../u256/word";
import { BLOB_GAS_USED, GAS_USED, HEADER } from "./open-block";
import { recordTransaction, setReceipt } from "./process";

/**
 * Runs a message inside an open state transaction, which is closed here only when the effects are kept.
 *
 * @param validate all rules for transactions but those on signature, sender's code and EIP-7825; otherwise those that
 * no price of zero switches off
 * @param keep the message becomes a transaction of the block, with zeros for its signature
 * @returns VALID with the receipt in RECEIPT, or the broken rule
 */
export function processMessage(tx: Transaction, sender: Account, validate: bool, keep: bool): u32 {
  const error = validate ? checkAll(tx, sender) : checkLoosely(tx, sender, keep);
  if (error != VALID) return error;
  if (keep) {
    tx.rawLength = unsignedSize(tx);
    tx.raw = blockAlloc(tx.rawLength);
    writeUnsigned(tx.raw, tx);
    runTransaction(tx, sender);
    recordTransaction(tx);
    return VALID;
  }
  if (validate) runTransaction(tx, sender);
  else runWithoutPrices(tx, sender);
  setReceipt(newReceipt(tx, MESSAGE_GAS_USED, false));
  return VALID;
}

/** Any account may send, with any gas: who asks for a message may ask for what a signature could not. */
function checkAll(tx: Transaction, sender: Account): u32 {
  let error = checkNonce(tx, sender);
  if (error == VALID) error = checkFees(tx);
  if (error == VALID) error = checkContents(tx, ENV.fork);
  if (error == VALID) error = checkAllowance(tx, HEADER.gasLimit - GAS_USED, BLOB_GAS_USED);
  return error != VALID ? error : checkFunds(tx, sender);
}

/** The nonce is not looked at, any account may send, and a fee is only compared with a price when it is given. */
function checkLoosely(tx: Transaction, sender: Account, keep: bool): u32 {
  let error = checkContents(tx, ENV.fork);
  if (error == VALID && keep) error = checkAllowance(tx, HEADER.gasLimit - GAS_USED, BLOB_GAS_USED);
  if (error == VALID && !isZero32(maxFeePtr(tx))) error = checkFees(tx);
  else if (error == VALID && !isZero32(maxBlobFeePtr(tx))) error = checkBlobFee(tx);
  return error != VALID ? error : checkFunds(tx, sender);
}

/** A message that offers no fee sees a block without that price, so that contracts computing with it do not fail. */
function runWithoutPrices(tx: Transaction, sender: Account): void {
  const prices = txAlloc(64);
  copy32(prices, baseFeePtr());
  copy32(prices + 32, blobBaseFeePtr());
  if (isZero32(maxFeePtr(tx))) zero32(baseFeePtr());
  if (tx.blobCount != 0 && isZero32(maxBlobFeePtr(tx))) zero32(blobBaseFeePtr());
  runTransaction(tx, sender);
  copy32(baseFeePtr(), prices);
  copy32(blobBaseFeePtr(), prices + 32);
}
