/** Exported functions about what the node's kernel keeps in memory; as entry/node.ts. */
import { evictState, heldMemory, usedMemory } from "../state/evict";
import { sealAhead } from "../state/flush";
import { baseAccountAt, baseSlotAt } from "../state/records";
import { setCommitForm } from "../trie/emit";
import { reserve } from "../memory/heap";
import { loadBE } from "../u256/word";
import { answer, putBool, putU64, take, takeU32, takeU64, takeU8 } from "./wire";

let key: usize = 0;

/** Message: what commits hand over (trie/emit.ts). Before a state is opened. */
export function commitForm(length: u32): u32 {
  setCommitForm(takeU8());
  return answer();
}

/** Answer: bytes of cached state in use, bytes held. */
export function memoryUse(length: u32): u32 {
  putU64(usedMemory());
  putU64(heldMemory());
  return answer();
}

/** Message: budget in bytes. Answer: whether to open the state anew instead. */
export function evict(length: u32): u32 {
  putBool(evictState(takeU64()));
  return answer();
}

/** Loads accounts and their slots; outside a transaction. */
export function prefetch(length: u32): u32 {
  if (key == 0) key = reserve(32);
  for (let left = takeU32(); left > 0; left--) {
    const a = baseAccountAt(take(20));
    for (let keys = takeU32(); keys > 0; keys--) {
      loadBE(key, take(32));
      if (a.storage != 0) baseSlotAt(a.storage, key);
    }
  }
  return answer();
}

/** Message: most accounts to hash. Answer: whether more are waiting. */
export function hashAhead(length: u32): u32 {
  putBool(sealAhead(takeU32()));
  return answer();
}
