/** Exported functions by which an instance on another thread recovers senders before the node's instance needs them. */
import { beginTransaction, discardTransaction } from "../state/transaction";
import { DECODED } from "../transaction/decode";
import { learnSender } from "../transaction/known";
import { VALID } from "../transaction/error";
import { fromPtr, hashPtr } from "../transaction/transaction";
import { decodeAndRecover } from "./decode";
import { answer, put, putBool, putRaw, take, takeBool, takeU32 } from "./wire";

const HASH_SIZE: u32 = 32;
const ADDRESS_SIZE: u32 = 20;

/** Message: encoded transactions. Answer for each: whether it has a sender, hash, sender. */
export function identifySenders(length: u32): u32 {
  const count = takeU32();
  for (let i: u32 = 0; i < count; i++) {
    const size = takeU32();
    const raw = take(size);
    beginTransaction();
    const known = decodeAndRecover(raw, size) == VALID;
    putBool(known);
    if (known) {
      putRaw(hashPtr(DECODED), HASH_SIZE);
      putRaw(fromPtr(DECODED), ADDRESS_SIZE);
    } else memory.fill(put(HASH_SIZE + ADDRESS_SIZE), 0, HASH_SIZE + ADDRESS_SIZE);
    discardTransaction();
  }
  return answer();
}

/** Message: encoded transactions, each followed by what `identifySenders` says about it. */
export function learnSenders(length: u32): u32 {
  const count = takeU32();
  for (let i: u32 = 0; i < count; i++) {
    const size = takeU32();
    const raw = take(size);
    const known = takeBool();
    const hash = take(HASH_SIZE);
    const sender = take(ADDRESS_SIZE);
    if (known) learnSender(raw, size, hash, sender);
  }
  return answer();
}
