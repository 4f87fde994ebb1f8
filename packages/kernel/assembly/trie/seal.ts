/** Hashing of what changed, and handing new nodes to the host. */
import { keccak256 } from "../crypto/keccak";
import { allocateChunk, chunkLog2, freeChunk } from "../memory/heap";
import { copy32 } from "../u256/word";
import { ENCODED, encodeNode } from "./codec";
import { emitPreimages } from "./host";
import {
  BRANCH,
  EXTENSION,
  HASH_LENGTH,
  UNSAVED,
  branchChild,
  branchCount,
  branchIndex,
  branchLength,
  branchMask,
  branchReference,
  keyNibbles,
  linkChild,
  linkLength,
  linkReference,
  nodeKind,
} from "./node";
import { nibbleAt } from "./nibbles";
import { EMPTY_ROOT, trieIsEmpty } from "./trie";

/** Records for the host are gathered up to this size (256 KiB) so that it is called once for thousands of nodes. */
const RECORDS_LOG2: u32 = 18;
const RECORDS_CAPACITY: u32 = 1 << RECORDS_LOG2;
const RECORD_HEADER: u32 = 36;

let records: usize = 0;
let recordBytes: u32 = 0;
/** Whether the walk under way hands nodes over or only hashes. */
let saving: bool = false;

/** Adds a preimage for the host; flushPreimages delivers what is gathered. */
export function emitPreimage(hash: usize, bytes: usize, length: u32): void {
  if (records == 0) records = allocateChunk(RECORDS_LOG2);
  const size = RECORD_HEADER + ((length + 3) & ~3);
  if (recordBytes + size > RECORDS_CAPACITY) flushPreimages();
  if (size > RECORDS_CAPACITY) {
    emitLarge(hash, bytes, length, size);
    return;
  }
  writeRecord(records + recordBytes, hash, bytes, length);
  recordBytes += size;
}

function writeRecord(at: usize, hash: usize, bytes: usize, length: u32): void {
  copy32(at, hash);
  store<u32>(at, length, 32);
  memory.copy(at + RECORD_HEADER, bytes, length);
}

function emitLarge(hash: usize, bytes: usize, length: u32, size: u32): void {
  const log2 = chunkLog2(size);
  const record = allocateChunk(log2);
  writeRecord(record, hash, bytes, length);
  emitPreimages(record, size);
  freeChunk(record, log2);
}

export function flushPreimages(): void {
  if (recordBytes != 0) emitPreimages(records, recordBytes);
  recordBytes = 0;
}

/**
 * Makes the trie's root hash current; with `save` every node the host has not seen is emitted. Returns the address of the
 * 32-byte root.
 */
export function sealTrie(trie: usize, save: bool): usize {
  const reference = linkReference(trie);
  const length = <u32>load<u8>(linkLength(trie));
  if (length != 0 && !(save && length & UNSAVED)) return reference;
  if (trieIsEmpty(trie)) copy32(reference, EMPTY_ROOT);
  else sealRoot(trie, length, save);
  store<u8>(linkLength(trie), <u8>(save ? HASH_LENGTH : HASH_LENGTH | UNSAVED));
  return reference;
}

/**
 * Seals the part of a trie below the first `nibbles` of a key ahead of the rest, while it is in the processor's caches.
 * Where the trie is not that deep, nothing is done.
 */
export function sealSubtree(trie: usize, key: usize, nibbles: u32, save: bool): void {
  saving = save;
  let node = <usize>load<u32>(linkChild(trie));
  for (let depth: u32 = 0; node != 0 && nodeKind(node) == BRANCH; ) {
    const nibble = nibbleAt(key, depth);
    if (((branchMask(node) >> nibble) & 1) == 0) return;
    const index = branchIndex(node, nibble);
    depth++;
    if (depth == nibbles) {
      sealLink(branchChild(node, index), branchLength(node, index), branchReference(node, index), depth);
      return;
    }
    node = <usize>load<u32>(branchChild(node, index));
  }
}

/** The root is known by its hash even when it is shorter than one. */
function sealRoot(trie: usize, length: u32, save: bool): void {
  saving = save;
  const root = <usize>load<u32>(linkChild(trie));
  sealChildren(root, 0);
  const bytes = encodeNode(root, 0);
  if (length == 0) keccak256(ENCODED, bytes, linkReference(trie));
  if (save) emitPreimage(linkReference(trie), ENCODED, bytes);
}

// @ts-ignore: decorator
@inline
function needsSeal(length: u32): bool {
  return length == 0 || (saving && (length & UNSAVED) != 0);
}

function sealChildren(node: usize, depth: u32): void {
  const kind = nodeKind(node);
  if (kind == EXTENSION) {
    sealLink(linkChild(node), linkLength(node), linkReference(node), keyNibbles(node));
  } else if (kind == BRANCH) {
    const count = branchCount(node);
    for (let i: u32 = 0; i < count; i++) {
      sealLink(branchChild(node, i), branchLength(node, i), branchReference(node, i), depth + 1);
    }
  }
}

// @ts-ignore: decorator
@inline
function sealLink(child: usize, lengthAt: usize, reference: usize, depth: u32): void {
  const length = <u32>load<u8>(lengthAt);
  if (needsSeal(length)) store<u8>(lengthAt, <u8>sealNode(<usize>load<u32>(child), depth, reference, length));
}

/** Brings a node's reference up to date; returns the new length field of its link. */
function sealNode(node: usize, depth: u32, reference: usize, length: u32): u32 {
  sealChildren(node, depth);
  const bytes = encodeNode(node, depth);
  if (bytes < HASH_LENGTH) {
    memory.copy(reference, ENCODED, bytes);
    return bytes;
  }
  if (length == 0) keccak256(ENCODED, bytes, reference);
  if (!saving) return HASH_LENGTH | UNSAVED;
  emitPreimage(reference, ENCODED, bytes);
  return HASH_LENGTH;
}
