/**
 * Deposits (type 0x7E): transactions that L1 ordered. They have no signature and pay no fee, and they are never invalid:
 * one that cannot run counts as run, keeps what it minted and takes all its gas.
 */
import { ENV, gasPricePtr, originPtr } from "../evm/environment";
import { clearOutput, nameCreation } from "../evm/message";
import { INIT_CODE_SIZE_EXCEEDED, INSUFFICIENT_BALANCE, INVALID_CODE, OUT_OF_GAS, SUCCESS } from "../evm/status";
import { ITEM, ITEM_LENGTH, ITEM_U64, readBytes, readFixed, readList, readU256, readU64 } from "../encoding/rlp";
import { Account, addBalance, balancePtr, setNonce } from "../state/account";
import { MAX_INIT_CODE_SIZE, floorGas, intrinsicGas } from "../transaction/gas";
import { Transaction, fromPtr, mintPtr, sourceHashPtr, toPtr, valuePtr } from "../transaction/transaction";
import { less } from "../u256/add";
import { zero32 } from "../u256/word";

/** Decodes the list from `at` to `end`; false when malformed. */
export function decodeDeposit(tx: Transaction, at: usize, end: usize): bool {
  if (readList(at, end) != end) return false;
  at = readFixed(ITEM, end, 32, sourceHashPtr(tx));
  if (at == 0) return false;
  at = readFixed(at, end, 20, fromPtr(tx));
  if (at == 0) return false;
  at = readBytes(at, end);
  if (at == 0 || (ITEM_LENGTH != 20 && ITEM_LENGTH != 0)) return false;
  tx.isCreation = ITEM_LENGTH == 0;
  memory.copy(toPtr(tx), ITEM, ITEM_LENGTH);
  at = readU256(at, end, mintPtr(tx));
  if (at == 0) return false;
  at = readU256(at, end, valuePtr(tx));
  if (at == 0) return false;
  at = readU64(at, end);
  if (at == 0) return false;
  tx.gasLimit = ITEM_U64;
  at = readU64(at, end);
  if (at == 0 || ITEM_U64 > 1) return false;
  tx.isSystem = ITEM_U64 != 0;
  at = readBytes(at, end);
  tx.data = ITEM;
  tx.dataLength = ITEM_LENGTH;
  return at == end;
}

/** Mints, and takes over the sender's nonce: deposits have none of their own. */
export function beginDeposit(tx: Transaction, sender: Account): void {
  memory.copy(originPtr(), fromPtr(tx), 20);
  zero32(gasPricePtr());
  ENV.blobHashCount = 0;
  addBalance(sender, mintPtr(tx));
  tx.nonce = sender.nonce;
}

/**
 * Why the deposit cannot run, as the status of a failed message; SUCCESS when it can. The system's own deposits went out
 * with Regolith, but stay includable.
 */
export function depositFailure(tx: Transaction, sender: Account): u32 {
  if (tx.isSystem) return INVALID_CODE;
  if (tx.gasLimit < intrinsicGas(tx, ENV.fork) || tx.gasLimit < floorGas(tx, ENV.fork)) return OUT_OF_GAS;
  if (less(balancePtr(sender), valuePtr(tx))) return INSUFFICIENT_BALANCE;
  return tx.isCreation && tx.dataLength > MAX_INIT_CODE_SIZE ? INIT_CODE_SIZE_EXCEEDED : SUCCESS;
}

/** What a deposit that cannot run leaves behind: its nonce is spent, there is no output. */
export function failDeposit(tx: Transaction, sender: Account): void {
  setNonce(sender, tx.nonce + 1);
  clearOutput();
  if (tx.isCreation) nameCreation(fromPtr(tx), tx.nonce);
}
