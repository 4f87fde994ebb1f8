/** A growing buffer with the integer encodings of the WebAssembly binary format (section 5.2.2: LEB128). */
export class Bytes {
  #buffer = new Uint8Array(4096);
  #length = 0;

  /** The bytes so far; a view that the next write may invalidate. */
  get written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  u8(byte: number): void {
    if (this.#length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#length++] = byte;
  }

  raw(bytes: Uint8Array | readonly number[]): void {
    if (this.#length + bytes.length > this.#buffer.length) this.#grow(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Unsigned, up to 32 bits. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.u8(rest);
  }

  /** Signed 32-bit. */
  signed(value: number): void {
    let rest = value | 0;
    while (rest > 0x3f || rest < -0x40) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.u8(rest & 0x7f);
  }

  /** The low 64 bits of `value` as a signed number. */
  signed64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    if (rest <= 0x3fff_ffffn && rest >= -0x4000_0000n) {
      this.signed(Number(rest));
      return;
    }
    while (rest > 0x3fn || rest < -0x40n) {
      this.u8(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.u8(Number(rest & 0x7fn));
  }

  /** Length, then the bytes. */
  sized(bytes: Uint8Array | readonly number[]): void {
    this.unsigned(bytes.length);
    this.raw(bytes);
  }

  #grow(by: number): void {
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + by));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}
