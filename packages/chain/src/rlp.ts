/** Malformed RLP. */
export class RlpError extends Error {
  readonly code = "MALFORMED_RLP";
  readonly shortMessage: string;

  constructor(problem: string) {
    super(`rlp: ${problem}`);
    this.name = "RlpError";
    this.shortMessage = problem;
  }
}

/** One item: where it starts, where its payload lies, and whether it is a list. */
export interface RlpItem {
  readonly list: boolean;
  readonly start: number;
  readonly payload: number;
  readonly end: number;
}

/** Reads the header of the item at `position`; `limit` is where the enclosing payload ends. @throws RlpError */
export function rlpItem(bytes: Uint8Array, position: number, limit: number = bytes.length): RlpItem {
  const first = position < limit ? bytes[position]! : -1;
  if (first < 0) throw new RlpError("ends early");
  if (first < 0x80) return { list: false, start: position, payload: position, end: position + 1 };
  const list = first >= 0xc0;
  const short = first - (list ? 0xc0 : 0x80);
  const lengthBytes = short > 55 ? short - 55 : 0;
  const payload = position + 1 + lengthBytes;
  const length = lengthBytes === 0 ? short : longLength(bytes, position + 1, payload, limit);
  if (payload + length > limit) throw new RlpError("item reaches behind its list");
  if (!list && length === 1 && bytes[payload]! < 0x80) throw new RlpError("single byte is not minimal");
  return { list, start: position, payload, end: payload + length };
}

function longLength(bytes: Uint8Array, from: number, to: number, limit: number): number {
  if (to > limit || to - from > 6) throw new RlpError("length out of range");
  let length = 0;
  for (let i = from; i < to; i++) length = length * 256 + bytes[i]!;
  if (bytes[from] === 0 || length < 56) throw new RlpError("length is not minimal");
  return length;
}

/** The items of the list at `position`. @throws RlpError */
export function rlpList(bytes: Uint8Array, position: number = 0, limit: number = bytes.length): RlpItem[] {
  const outer = rlpItem(bytes, position, limit);
  if (!outer.list) throw new RlpError("a list is expected");
  return rlpSequence(bytes, outer.payload, outer.end);
}

/** The items that fill [from, to). @throws RlpError */
export function rlpSequence(bytes: Uint8Array, from: number, to: number): RlpItem[] {
  const items: RlpItem[] = [];
  for (let at = from; at < to; at = items.at(-1)!.end) items.push(rlpItem(bytes, at, to));
  return items;
}

/** A copy of a string item's payload. @throws RlpError */
export function rlpBytes(bytes: Uint8Array, item: RlpItem): Uint8Array {
  if (item.list) throw new RlpError("a string is expected");
  return bytes.slice(item.payload, item.end);
}

/** @throws RlpError */
export function rlpQuantity(bytes: Uint8Array, item: RlpItem): bigint {
  const payload = rlpBytes(bytes, item);
  if (payload[0] === 0) throw new RlpError("number has leading zeros");
  return payload.length === 0 ? 0n : BigInt(`0x${Buffer.from(payload).toString("hex")}`);
}

export type RlpInput = Uint8Array | bigint | readonly RlpInput[];

/** Encodes strings, quantities (minimal big-endian) and lists. */
export function encodeRlp(input: RlpInput): Uint8Array {
  if (typeof input === "bigint") return encodeString(quantityBytes(input));
  if (input instanceof Uint8Array) return encodeString(input);
  return rlpListOf(input.map(encodeRlp));
}

/** Wraps already encoded items into a list. */
export function rlpListOf(encoded: readonly Uint8Array[]): Uint8Array {
  const payload = Buffer.concat(encoded);
  return new Uint8Array(Buffer.concat([lengthPrefix(payload.length, 0xc0), payload]));
}

function encodeString(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 1 && bytes[0]! < 0x80) return bytes;
  return new Uint8Array(Buffer.concat([lengthPrefix(bytes.length, 0x80), bytes]));
}

function lengthPrefix(length: number, offset: number): Uint8Array {
  if (length < 56) return Uint8Array.of(offset + length);
  const digits = quantityBytes(BigInt(length));
  return Uint8Array.of(offset + 55 + digits.length, ...digits);
}

function quantityBytes(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 ? `0${digits}` : digits, "hex");
}
