/** One transaction of a batch: decoding it once, and running it as often as its place in the order asks for. */
import { CONFIG } from "../block/config";
import { ENV } from "../evm/environment";
import { OUTPUT, OUTPUT_LENGTH } from "../evm/message";
import { allocateFrom } from "../memory/arena";
import { priceTransaction } from "../rollup/costs";
import { SPURIOUS_DRAGON } from "../spec/forks";
import { Account, account } from "../state/account";
import { expectAgain, publish, recordReads, settleReads } from "../state/footprint";
import { beginTransaction } from "../state/transaction";
import { batchAlloc, setPosition, versionArena } from "../state/versions";
import { DECODED, decodeTransaction } from "../transaction/decode";
import { INVALID_SIGNATURE, REJECTED_ACTUAL, VALID, reject } from "../transaction/error";
import { STATUS, runTransaction } from "../transaction/execute";
import { newReceipt } from "../transaction/receipt";
import { recoverSender } from "../transaction/signature";
import { DEPOSIT, Transaction, fromPtr } from "../transaction/transaction";
import { checkContents, checkFees, checkFunds, checkSender, checkSigned } from "../transaction/validity";
import { Entry, entryAt, footprintOf } from "./batch";
import { WORKER } from "./control";
import { hostClock } from "./host";

/** Decodes, applies the rules that need no state, and recovers the sender. */
export function decodeEntry(entry: Entry): void {
  const before = allocateFrom(versionArena());
  entry.malformed = decodeAndCheck(entry.raw, entry.rawLength);
  if (entry.malformed == VALID) entry.transaction = DECODED;
  if (entry.malformed == VALID && DECODED.type != DEPOSIT) {
    entry.error = checkFees(DECODED);
    if (entry.error == VALID && !recoverSender(DECODED, ENV.fork)) entry.error = reject(INVALID_SIGNATURE);
  }
  if (entry.malformed != VALID || entry.error != VALID) keepAmounts(entry);
  allocateFrom(before);
}

function decodeAndCheck(raw: usize, length: u32): u32 {
  const malformed = decodeTransaction(raw, length);
  if (malformed != VALID || DECODED.type == DEPOSIT) return malformed;
  const error = checkSigned(DECODED, ENV.fork);
  return error != VALID ? error : checkContents(DECODED, ENV.fork);
}

function keepAmounts(entry: Entry): void {
  if (entry.amounts == 0) entry.amounts = batchAlloc(64);
  memory.copy(entry.amounts, REJECTED_ACTUAL, 64);
}

/** Whether the entry's outcome does not depend on the state. */
export function isHopeless(entry: Entry): bool {
  return entry.malformed != VALID || (entry.runs == 0 && entry.error != VALID);
}

/** Runs the transaction on what those below it left so far. `begin`: the host's clock now; returns it for when it is over. */
export function runEntry(position: u32, begin: u32): u32 {
  const entry = entryAt(position);
  const footprint = footprintOf(entry);
  if (entry.runs != 0) expectAgain(footprint);
  entry.runs++;
  setPosition(position);
  beginTransaction();
  const tx = entry.transaction;
  if (CONFIG.isRollup && tx.type != DEPOSIT) priceTransaction(tx);
  const sender = account(fromPtr(tx));
  entry.error = checkAccount(tx, sender);
  const deleteEmpty = ENV.fork >= SPURIOUS_DRAGON;
  if (entry.error == VALID) {
    runTransaction(tx, sender);
    keepResult(entry);
    settleReads(deleteEmpty);
  } else {
    keepAmounts(entry);
  }
  recordReads(footprint);
  publish(footprint, deleteEmpty, entry.error == VALID);
  entry.worker = WORKER;
  entry.begin = begin;
  entry.end = hostClock();
  return entry.end;
}

function checkAccount(tx: Transaction, sender: Account): u32 {
  if (tx.type == DEPOSIT) return VALID;
  const error = checkSender(tx, sender);
  return error != VALID ? error : checkFunds(tx, sender);
}

/** The cumulative gas of the receipt is known when the batch is over. */
function keepResult(entry: Entry): void {
  entry.receipt = newReceipt(entry.transaction, 0, true);
  entry.halt = STATUS;
  entry.output = batchAlloc(OUTPUT_LENGTH);
  entry.outputLength = OUTPUT_LENGTH;
  memory.copy(entry.output, OUTPUT, OUTPUT_LENGTH);
}
