import { FormatError } from "./errors.ts";

const MAX_VARINT_BYTES = 10;

/** Reads bytes from front to back. Every read beyond the end throws FormatError. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Position of the next byte. */
  get at(): number {
    return this.#at;
  }

  /** A view, not a copy. */
  fixed(length: number): Uint8Array {
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  u256(): bigint {
    return BigInt(`0x${Buffer.from(this.fixed(32)).toString("hex")}`);
  }

  /** Unsigned base-128 integer, least significant group first, below 2^64. */
  uvarint(): bigint {
    let value = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) {
        if (value >> 64n) break;
        return value;
      }
    }
    throw new FormatError("a variable-length integer exceeds 64 bits");
  }

  /** A `uvarint` of at most `limit`. */
  count(limit: number): number {
    const value = this.uvarint();
    if (value > BigInt(limit)) throw new FormatError(`count ${value} exceeds ${limit}`);
    return Number(value);
  }

  /** Bits of a big-endian integer of `count` bits, bit 0 first; no bit above may be set. */
  bits(count: number): boolean[] {
    const bit = this.bitset(count);
    return Array.from({ length: count }, (_, index) => bit(index));
  }

  /** As `bits`, for counts that would make a large list. */
  bitset(count: number): (index: number) => boolean {
    const bytes = this.fixed(Math.ceil(count / 8));
    const bit = (index: number): boolean => ((bytes[bytes.length - 1 - (index >> 3)]! >> (index & 7)) & 1) === 1;
    for (let index = count; index < bytes.length * 8; index++) {
      if (bit(index)) throw new FormatError("a bit beyond the end of a bit list is set");
    }
    return bit;
  }

  /** The bytes between a position passed earlier and here. */
  since(position: number): Uint8Array {
    return this.#bytes.subarray(position, this.#at);
  }

  skipTo(position: number): void {
    this.#take(position - this.#at);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.left) throw new FormatError(`ends early: ${length} bytes wanted, ${this.left} left`);
    this.#at = at + length;
    return at;
  }
}
