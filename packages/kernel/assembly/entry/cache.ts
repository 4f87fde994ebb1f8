/** Exported functions about what the node's kernel keeps in memory; as entry/node.ts. */
import { baseAccountAt } from "../state/base-account";
import { evictState, heldMemory, usedMemory } from "../state/evict";
import { prefetchAccounts, prefetchSlots, recordCount } from "../state/prefetch";
import { setCommitForm } from "../trie/emit";
import { answer, putBool, putU32, putU64, take, takeU32, takeU64, takeU8 } from "./wire";

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

/**
 * Loads accounts and slots; outside a transaction. Message: addresses; slots, each as the place of its account among
 * them and its key. Answer: how many records were not in memory.
 */
export function prefetch(length: u32): u32 {
  const before = recordCount();
  const count = takeU32();
  const addresses = take(<usize>count * 20);
  prefetchAccounts(addresses, count);
  const slots = takeU32();
  prefetchSlots(addresses, take(<usize>slots * 36), slots);
  putU32(recordCount() - before);
  return answer();
}

/** How `lookUps` goes about it: 0 = one after the other, 1 = each where the record before says, 2 = in groups. */
const DEPENDENT: u32 = 1;

/** For measurements. Message: how, addresses of accounts that are in memory. */
export function lookUps(length: u32): u32 {
  const how = takeU8();
  const count = takeU32();
  let address = take(<usize>count * 20);
  if (how > DEPENDENT) {
    prefetchAccounts(address, count);
    return answer();
  }
  for (let i: u32 = 0; i < count; i++) {
    const flags = baseAccountAt(address).flags;
    address += 20;
    // No account has this flag, but the processor cannot know.
    if (how == DEPENDENT) address += flags >> 31;
  }
  return answer();
}
