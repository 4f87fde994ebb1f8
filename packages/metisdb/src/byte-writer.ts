const EMPTY = new Uint8Array(0);

/**
 * Builds a record. Integers are LEB128 varints (7 bits per byte, least significant first); byte strings carry a varint
 * length unless their length is fixed by the format.
 */
export class ByteWriter {
  #buffer: Uint8Array;
  #length = 0;

  constructor(capacity: number = 512) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** Leaves room for what is known later. */
  skip(count: number): void {
    this.#reserve(count);
    this.#length += count;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  /** A safe integer ≥ 0. */
  integer(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
  }

  /** Any non-negative bigint; small ones take the fast path. */
  quantity(value: bigint): void {
    let rest = value;
    if (rest <= 0xffff_ffff_ffffn) {
      this.integer(Number(rest));
      return;
    }
    while (rest > 0x7fn) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  /** Bytes of a length the format fixes. */
  fixed(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  bytes(bytes: Uint8Array): void {
    this.integer(bytes.length);
    this.fixed(bytes);
  }

  /** The record; a copy of its own. */
  finish(): Uint8Array {
    return this.#length === 0 ? EMPTY : new Uint8Array(this.written());
  }

  /** The record where it is: the writer must not be used any more. */
  written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}
