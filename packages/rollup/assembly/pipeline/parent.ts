/** What the host tells of L2: the block to build on, and blocks of the safe chain that a span overlaps. */
import { Arena, arenaAlloc, arenaReset, newArena } from "../../../kernel/assembly/memory/arena";
import { take, takeBool, takeTo, takeU32, takeU64 } from "../../../kernel/assembly/entry/wire";
import { reserve } from "../../../kernel/assembly/memory/heap";

@unmanaged
export class Parent {
  number: u64;
  /** Seconds. */
  time: u64;
  /** Number of its L1 origin. */
  origin: u64;
}

/** The last safe block. */
export let PARENT: Parent = changetype<Parent>(0);
export let PARENT_HASH: usize = 0;
export let PARENT_ORIGIN_HASH: usize = 0;

/** A block of the safe chain: whether the host has it, its hash, its origin, and the sequencer's transactions in it. */
export let SAFE_NUMBER: u64 = u64.MAX_VALUE;
export let SAFE_KNOWN: bool = false;
export let SAFE_HASH: usize = 0;
export let SAFE_ORIGIN: u64 = 0;
export let SAFE_COUNT: u32 = 0;
/** Each behind its length. */
export let SAFE_TRANSACTIONS: usize = 0;

let arena: Arena = changetype<Arena>(0);

/** Once per instance. */
export function initParent(): void {
  PARENT = changetype<Parent>(reserve(offsetof<Parent>()));
  PARENT_HASH = reserve(32);
  PARENT_ORIGIN_HASH = reserve(32);
  SAFE_HASH = reserve(32);
  arena = newArena();
}

/** Reads the parent from a message. */
export function takeParent(): void {
  PARENT.number = takeU64();
  takeTo(PARENT_HASH, 32);
  PARENT.time = takeU64();
  PARENT.origin = takeU64();
  takeTo(PARENT_ORIGIN_HASH, 32);
}

/** Reads a safe block from a message: number, whether it is known, hash, origin, transactions. */
export function takeSafeBlock(): void {
  SAFE_NUMBER = takeU64();
  SAFE_KNOWN = takeBool();
  takeTo(SAFE_HASH, 32);
  SAFE_ORIGIN = takeU64();
  SAFE_COUNT = takeU32();
  const length = takeU32();
  arenaReset(arena);
  SAFE_TRANSACTIONS = arenaAlloc(arena, length);
  memory.copy(SAFE_TRANSACTIONS, take(length), length);
}

/** The chain may have changed: what is known of its blocks is not believed any more. */
export function forgetSafeBlock(): void {
  SAFE_NUMBER = u64.MAX_VALUE;
}
