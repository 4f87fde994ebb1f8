import { FormatError } from "./errors.ts";

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

  #take(length: number): number {
    const at = this.#at;
    if (length > this.left) throw new FormatError(`ends early: ${length} bytes wanted, ${this.left} left`);
    this.#at = at + length;
    return at;
  }
}
