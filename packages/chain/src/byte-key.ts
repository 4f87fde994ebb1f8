/**
 * Bytes as a string usable as a `Map` key: one character per byte; hashes and addresses, not long data. Asking a short
 * array for its `buffer` would move its bytes out of the object, which costs more than all the rest.
 */
export function byteKey(bytes: Uint8Array): string {
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** 0x-prefixed lower-case hex, for messages. */
export function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}
