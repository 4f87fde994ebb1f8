/** RLP (Yellow Paper appendix B), encoding only: receipts and unsigned transactions for their raw forms and hashes. */

export type RlpItem = Uint8Array | bigint | readonly RlpItem[];

const minimal = (value: bigint): Uint8Array => {
  if (value === 0n) return new Uint8Array(0);
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 ? `0${digits}` : digits, "hex");
};

const header = (length: number, offset: number): Uint8Array => {
  if (length < 56) return Uint8Array.of(offset + length);
  const size = minimal(BigInt(length));
  return Buffer.concat([Uint8Array.of(offset + 55 + size.length), size]);
};

const encodeString = (bytes: Uint8Array): Uint8Array =>
  bytes.length === 1 && (bytes[0] as number) < 0x80 ? bytes : Buffer.concat([header(bytes.length, 0x80), bytes]);

/** Encodes bytes as they are, integers as minimal big-endian bytes, arrays as lists. */
export const encodeRlp = (item: RlpItem): Uint8Array => {
  if (typeof item === "bigint") return encodeString(minimal(item));
  if (item instanceof Uint8Array) return encodeString(item);
  const body = Buffer.concat(item.map(encodeRlp));
  return Buffer.concat([header(body.length, 0xc0), body]);
};
