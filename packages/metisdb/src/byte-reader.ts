import { DatabaseError } from "./errors.ts";

/** Reads what `ByteWriter` wrote. Every method throws `DatabaseError` RECORD_DAMAGED instead of reading past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    // A Buffer's slices would share its memory.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    if (this.#position >= this.#bytes.length) throw damaged("ends early");
    return this.#bytes[this.#position++]!;
  }

  integer(): number {
    const value = this.quantity();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged("holds an integer out of range");
    return Number(value);
  }

  /** At most 256 bits; the last byte must not be zero (one encoding per value). */
  quantity(): bigint {
    let small = 0;
    let scale = 1;
    for (let i = 0; i < 6; i++) {
      const byte = this.byte();
      small += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && i > 0) throw damaged("holds an integer that is not minimal");
        return BigInt(small);
      }
      scale *= 128;
    }
    return this.#largeQuantity(BigInt(small), 42n);
  }

  #largeQuantity(low: bigint, bits: bigint): bigint {
    let value = low;
    for (let shift = bits; shift < 266n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0) throw damaged("holds an integer that is not minimal");
        return value;
      }
    }
    throw damaged("holds an integer out of range");
  }

  /** A copy of the next `length` bytes. */
  fixed(length: number): Uint8Array {
    const end = this.#position + length;
    if (end > this.#bytes.length) throw damaged("ends early");
    const bytes = this.#bytes.slice(this.#position, end);
    this.#position = end;
    return bytes;
  }

  /** The next `length` bytes where they are. */
  view(length: number): Uint8Array {
    const end = this.#position + length;
    if (end > this.#bytes.length) throw damaged("ends early");
    const bytes = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return bytes;
  }

  bytes(): Uint8Array {
    return this.fixed(this.integer());
  }

  /** Requires that the record ends here. */
  end(): void {
    if (this.#position !== this.#bytes.length) throw damaged("has bytes after its end");
  }
}

function damaged(problem: string): DatabaseError {
  return new DatabaseError("RECORD_DAMAGED", `a database record ${problem}`);
}
