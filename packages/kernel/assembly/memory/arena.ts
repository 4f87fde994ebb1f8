/**
 * Scoped memory: allocations of one lifetime share chunks and die together. Addresses are 16-byte aligned, contents are
 * undefined.
 */
import { MIN_CHUNK_LOG2, allocateChunk, chunkLog2, freeChunk, reserve } from "./heap";

/** A stack of chunks; each begins with the address of the chunk below and its own log2 size. */
@unmanaged
export class Arena {
  chunk: usize;
  top: usize;
  end: usize;
  /** Bytes in the arena's chunks. */
  bytes: usize;
}

const ARENA_SIZE: usize = 16;
const CHUNK_HEADER: usize = 16;
/** A new chunk is about as large as the arena already is, up to 4 MiB. */
const MAX_REGULAR_LOG2: u32 = 22;

export function newArena(): Arena {
  return changetype<Arena>(reserve(ARENA_SIZE));
}

function pushChunk(arena: Arena, bytes: usize): void {
  const regular = min(chunkLog2(arena.bytes), MAX_REGULAR_LOG2);
  if (bytes > 0x7fffffff) unreachable();
  const log2 = max(chunkLog2(bytes + CHUNK_HEADER), regular);
  const chunk = allocateChunk(log2);
  store<u32>(chunk, <u32>arena.chunk);
  store<u32>(chunk, log2, 4);
  arena.chunk = chunk;
  arena.top = chunk + CHUNK_HEADER;
  arena.end = chunk + (<usize>1 << log2);
  arena.bytes += <usize>1 << log2;
}

function popChunk(arena: Arena): void {
  const chunk = arena.chunk;
  const log2 = load<u32>(chunk, 4);
  const below = <usize>load<u32>(chunk);
  arena.bytes -= <usize>1 << log2;
  freeChunk(chunk, log2);
  arena.chunk = below;
  arena.end = below == 0 ? 0 : below + (<usize>1 << load<u32>(below, 4));
  arena.top = arena.end;
}

// @ts-ignore: decorator
@inline
export function arenaAlloc(arena: Arena, bytes: usize): usize {
  const size = (bytes + 15) & ~15;
  if (size > arena.end - arena.top || size < bytes) pushChunk(arena, bytes);
  const at = arena.top;
  arena.top = at + size;
  return at;
}

/** Frees everything; the lowest chunk stays if it is a small one, so that short lifetimes do not churn. */
export function arenaReset(arena: Arena): void {
  while (arena.chunk != 0 && (load<u32>(arena.chunk) != 0 || load<u32>(arena.chunk, 4) != MIN_CHUNK_LOG2)) popChunk(arena);
  if (arena.chunk != 0) arena.top = arena.chunk + CHUNK_HEADER;
}

/** Stack discipline: frees `at`, an allocation of this arena, and everything allocated after it. */
export function arenaRewind(arena: Arena, at: usize): void {
  while (at < arena.chunk || at >= arena.end) popChunk(arena);
  arena.top = at;
}

let transactionArena: Arena = changetype<Arena>(0);
let blockArena: Arena = changetype<Arena>(0);
let stateArena: Arena = changetype<Arena>(0);

/** Once per instance, before any allocation. */
export function initArenas(): void {
  transactionArena = newArena();
  blockArena = newArena();
  stateArena = newArena();
}

/** Lives until the next beginTransaction, so the results of a finished transaction can still be read. */
export function txAlloc(bytes: usize): usize {
  return arenaAlloc(transactionArena, bytes);
}

export function resetTransactionMemory(): void {
  arenaReset(transactionArena);
}

/** Makes txAlloc allocate from `arena` and returns where it did before. */
export function allocateFrom(arena: Arena): Arena {
  const before = transactionArena;
  transactionArena = arena;
  return before;
}

/** Lives until the block layer opens the next block. */
export function blockAlloc(bytes: usize): usize {
  return arenaAlloc(blockArena, bytes);
}

export function resetBlockMemory(): void {
  arenaReset(blockArena);
}

/** Lives until openState: code and its analysis. */
export function stateAlloc(bytes: usize): usize {
  return arenaAlloc(stateArena, bytes);
}

/** Code records (evm/code.ts) live as long as the cached state that refers to them. */
export function allocateCode(bytes: usize): usize {
  return arenaAlloc(stateArena, bytes);
}

/** The arena of code memory, for `adoptCodeArena` of another instance. */
export function codeArena(): usize {
  return changetype<usize>(stateArena);
}

/** Uses the code memory of another instance, one at a time (memory/sharing.ts). */
export function adoptCodeArena(arena: usize): void {
  stateArena = changetype<Arena>(arena);
}

/** Bytes of code memory. */
export function stateMemory(): usize {
  return stateArena.bytes;
}

export function resetStateMemory(): void {
  arenaReset(stateArena);
}
