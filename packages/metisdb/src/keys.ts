/** Tables of the versioned state; their place is the kind byte of `history` and `removed`. */
export const STATE_TABLES = ["accounts", "slots", "nodes"] as const;
export type StateTable = (typeof STATE_TABLES)[number];

export function isStateTable(name: string): name is StateTable {
  return (STATE_TABLES as readonly string[]).includes(name);
}

const HASH = 32;
const NUMBER = 8;

/**
 * The bytes as a string of code units 0–255: what maps are keyed with; it sorts as the bytes do. Keys have at most some
 * hundred bytes. Asking a short array for its `buffer` would move its bytes out of the object, which costs more than the rest.
 */
export function text(key: Uint8Array): string {
  return String.fromCharCode.apply(undefined, key as unknown as number[]);
}

export function bytesOf(keyText: string): Uint8Array {
  // Not the Buffer itself, whose slices share its memory.
  return new Uint8Array(Buffer.from(keyText, "latin1"));
}

/** For sorting what `text` gave. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** A copy of its own. */
export function owned(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

export function numberKey(number: bigint): Uint8Array {
  const key = new Uint8Array(NUMBER);
  putNumber(key, 0, number);
  return key;
}

/** Big-endian, 8 bytes. */
function putNumber(bytes: Uint8Array, offset: number, number: bigint): void {
  let rest = Number(number);
  for (let i = NUMBER - 1; i >= 0; i--) {
    bytes[offset + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** Heights and numbers are far below 2^53. */
export function readNumber(bytes: Uint8Array, offset: number): bigint {
  let number = 0;
  for (let i = 0; i < NUMBER; i++) number = number * 256 + bytes[offset + i]!;
  return BigInt(number);
}

export function slotKey(accountHash: Uint8Array, slotHash: Uint8Array): Uint8Array {
  const key = new Uint8Array(2 * HASH);
  key.set(accountHash);
  key.set(slotHash, HASH);
  return key;
}

/**
 * Account trie: 0 ‖ depth(1) ‖ path; storage trie: 1 ‖ account hash ‖ depth(1) ‖ path. The path has two nibbles per byte,
 * high first, the last one padded with zero. No key is the beginning of another.
 */
export function nodeKey(owner: Uint8Array, path: Uint8Array): Uint8Array {
  const start = owner.length + 2;
  const key = new Uint8Array(start + ((path.length + 1) >> 1));
  key[0] = owner.length === 0 ? 0 : 1;
  key.set(owner, 1);
  key[start - 1] = path.length;
  for (let i = 0; i < path.length; i++) key[start + (i >> 1)]! |= i & 1 ? path[i]! : path[i]! << 4;
  return key;
}

/** Inverse of `nodeKey`. */
export function parseNodeKey(key: Uint8Array): { owner: Uint8Array; path: Uint8Array } {
  const start = key[0] === 0 ? 2 : HASH + 2;
  const path = new Uint8Array(key[start - 1]!);
  for (let i = 0; i < path.length; i++) path[i] = nibbleAt(key, 2 * start + i);
  return { owner: key.slice(1, start - 1), path };
}

/** Every key of an account's slots or storage nodes is in [start, end). */
export function ownerRange(table: "slots" | "nodes", accountHash: Uint8Array): { start: Uint8Array; end: Uint8Array } {
  const start = table === "slots" ? accountHash.slice() : Uint8Array.from([1, ...accountHash]);
  return { start, end: successor(start) };
}

/** The flat keys under a node: owner ‖ every hash that starts with the path; in [start, end). */
export function pathRange(owner: Uint8Array, path: Uint8Array): { start: Uint8Array; end: Uint8Array } {
  const start = new Uint8Array(owner.length + HASH);
  start.set(owner);
  for (let i = 0; i < path.length; i++) start[owner.length + (i >> 1)]! |= i & 1 ? path[i]! : path[i]! << 4;
  // One byte longer than any key, so that the last key of the range is in.
  const end = new Uint8Array(start.length + 1).fill(0xff);
  end.set(start);
  for (let i = path.length; i < 2 * HASH; i++) end[owner.length + (i >> 1)]! |= i & 1 ? 0x0f : 0xf0;
  return { start, end };
}

/** The smallest key greater than all that start with `prefix`, which is not all ones. */
export function successor(prefix: Uint8Array): Uint8Array {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  const next = prefix.slice(0, Math.max(length, 1));
  next[next.length - 1]!++;
  return next;
}

export function nibbleAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index >> 1]!;
  return index & 1 ? byte & 15 : byte >> 4;
}

/** One nibble per byte. */
export function nibblesOf(bytes: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(bytes.length * 2);
  for (let i = 0; i < nibbles.length; i++) nibbles[i] = nibbleAt(bytes, i);
  return nibbles;
}
