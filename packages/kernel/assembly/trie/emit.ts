/**
 * What a commit hands to the host, gathered into batches of records: kind u8 · nibbles of the path u8 · - u16 · length
 * u32 · key · the bytes, padded to a multiple of four. No bytes mean that the entry is removed. The keys are
 *
 * ACCOUNT       hashed address; slim RLP (docs/metisdb.md)
 * SLOT          hashed address, hashed key; the value without leading zeros
 * NODE          hash, packed path (32 bytes): a branch or extension of the state trie
 * STORAGE_NODE  hash, packed path (32 bytes), hashed address: a branch or extension of an account's storage
 * LEAF          hash: a node whose contents the flat entries have too
 * CODE          hash
 * WIPED         hashed address: its slots and storage nodes are gone before those of this commit come
 */
import { allocateChunk, chunkLog2, freeChunk } from "../memory/heap";
import { copy32 } from "../u256/word";
import { hostEmit } from "./host";

const ACCOUNT: u32 = 1;
const SLOT: u32 = 2;
const NODE: u32 = 3;
const STORAGE_NODE: u32 = 4;
const LEAF: u32 = 5;
const CODE: u32 = 6;
const WIPED: u32 = 7;

/** Nodes by hash, leaves too. */
export const FORM_PREIMAGES: u32 = 1;
/** Flat entries, and nodes by their place. */
export const FORM_CHANGES: u32 = 2;

/** Records are gathered up to this size (256 KiB) so that the host is called once for thousands of them. */
const BATCH_LOG2: u32 = 18;
const HEADER: u32 = 8;

let form: u32 = FORM_PREIMAGES | FORM_CHANGES;
let batch: usize = 0;
let batchLog2: u32 = 0;
let batchBytes: u32 = 0;

/** Chooses what the host wants; before a state is opened. */
export function setCommitForm(wanted: u32): void {
  form = wanted;
}

export function commitForm(): u32 {
  return form;
}

// @ts-ignore: decorator
@inline
export function emitsChanges(): bool {
  return (form & FORM_CHANGES) != 0;
}

/** Delivers what is gathered. */
export function flushRecords(): void {
  if (batchBytes != 0) hostEmit(batch, batchBytes);
  batchBytes = 0;
}

/** A new record; returns where its key goes, with `length` bytes after it. */
function newRecord(header: u32, keyBytes: u32, length: u32): usize {
  const size = HEADER + keyBytes + ((length + 3) & ~3);
  if (batch == 0 || batchBytes + size > <u32>1 << batchLog2) {
    flushRecords();
    makeRoom(size);
  }
  const at = batch + batchBytes;
  store<u32>(at, header);
  store<u32>(at, length, 4);
  batchBytes += size;
  return at + HEADER;
}

function makeRoom(size: u32): void {
  const log2 = max(chunkLog2(size), BATCH_LOG2);
  if (batch != 0 && log2 <= batchLog2) return;
  if (batch != 0) freeChunk(batch, batchLog2);
  batch = allocateChunk(log2);
  batchLog2 = log2;
}

function emitByHash(kind: u32, hash: usize, bytes: usize, length: u32): void {
  const at = newRecord(kind, 32, length);
  copy32(at, hash);
  memory.copy(at + 32, bytes, length);
}

export function emitCode(hash: usize, bytes: usize, length: u32): void {
  emitByHash(CODE, hash, bytes, length);
}

export function emitLeaf(hash: usize, bytes: usize, length: u32): void {
  if (form & FORM_PREIMAGES) emitByHash(LEAF, hash, bytes, length);
}

/** `length` 0: none stands there any more, and `hash` is not read. */
export function emitNode(owner: usize, path: usize, nibbles: u32, hash: usize, bytes: usize, length: u32): void {
  const kind = owner == 0 ? NODE : STORAGE_NODE;
  const keyBytes: u32 = owner == 0 ? 64 : 96;
  const at = newRecord(kind | (nibbles << 8), keyBytes, length);
  if (length != 0) copy32(at, hash);
  copy32(at + 32, path);
  if (owner != 0) copy32(at + 64, owner);
  memory.copy(at + keyBytes, bytes, length);
}

/** `length` 0: removed. */
export function emitAccount(hashedAddress: usize, bytes: usize, length: u32): void {
  emitByHash(ACCOUNT, hashedAddress, bytes, length);
}

/** `length` 0: removed. */
export function emitSlot(hashedAddress: usize, hashedKey: usize, bytes: usize, length: u32): void {
  const at = newRecord(SLOT, 64, length);
  copy32(at, hashedAddress);
  copy32(at + 32, hashedKey);
  memory.copy(at + 64, bytes, length);
}

export function emitWiped(hashedAddress: usize): void {
  copy32(newRecord(WIPED, 32, 0), hashedAddress);
}
