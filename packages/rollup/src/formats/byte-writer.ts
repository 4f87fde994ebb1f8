/** Collects bytes in the encodings of batches: big-endian integers, base-128 integers, bit lists. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  bytes(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }

  u8(value: number): this {
    return this.bytes(Uint8Array.of(value));
  }

  u16(value: number): this {
    return this.#unsigned(BigInt(value), 2);
  }

  u32(value: number): this {
    return this.#unsigned(BigInt(value), 4);
  }

  u64(value: bigint): this {
    return this.#unsigned(value, 8);
  }

  u256(value: bigint): this {
    return this.#unsigned(value, 32);
  }

  uvarint(value: bigint | number): this {
    const groups: number[] = [];
    let rest = BigInt(value);
    for (; rest >= 0x80n; rest >>= 7n) groups.push(Number(rest & 0x7fn) | 0x80);
    return this.bytes(Uint8Array.from([...groups, Number(rest)]));
  }

  /** Bit 0 is the lowest bit of the last byte. */
  bits(bits: readonly boolean[]): this {
    const packed = new Uint8Array(Math.ceil(bits.length / 8));
    for (const [index, bit] of bits.entries()) {
      if (bit) packed[packed.length - 1 - (index >> 3)]! |= 1 << (index & 7);
    }
    return this.bytes(packed);
  }

  finish(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }

  #unsigned(value: bigint, size: number): this {
    return this.bytes(Buffer.from(value.toString(16).padStart(size * 2, "0"), "hex"));
  }
}
