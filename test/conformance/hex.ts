/** Bytes of a hex string, with or without 0x; an odd digit count gets a leading zero. */
export function toBytes(hex: string): Uint8Array {
  const digits = hex.startsWith("0x") ? hex.slice(2) : hex;
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  const bytes = new Uint8Array(Buffer.from(even, "hex"));
  if (bytes.length * 2 !== even.length) throw new SyntaxError(`not hexadecimal: ${hex.slice(0, 40)}`);
  return bytes;
}

export function toHex(bytes: Uint8Array): `0x${string}` {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`;
}

/** Big-endian bytes of a 32-byte word. */
export function toWord(value: bigint): Uint8Array {
  return toBytes(value.toString(16).padStart(64, "0"));
}

/** Left-pads a hex quantity or short hex string to a 32-byte word. */
export function hexToWord(hex: string): Uint8Array {
  const digits = hex.startsWith("0x") ? hex.slice(2) : hex;
  return toBytes(digits.padStart(64, "0"));
}

/** A quantity written as hex, decimal or a JSON number; fixtures use all three. */
export function toBigInt(value: string | number): bigint {
  if (value === "" || value === "0x") return 0n;
  return BigInt(value);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

export const ZERO_HASH: Uint8Array = new Uint8Array(32);
export const ZERO_ADDRESS: Uint8Array = new Uint8Array(20);
export const EMPTY_TRIE_ROOT: Uint8Array = toBytes("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
