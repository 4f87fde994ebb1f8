import { KernelError } from "./errors.ts";

/**
 * Bytes exchanged with the WebAssembly kernel: fields in a fixed order without padding, integers little-endian, amounts as
 * 32 bytes little-endian, variable bytes and lists after a u32 length. `wire.ts` lists the messages; the kernel's side is
 * `assembly/entry/wire.ts`.
 */
export class WireWriter {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** What was written since the last `reset`; valid until the next write. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  reset(): this {
    this.#length = 0;
    return this;
  }

  u8(value: number | boolean): this {
    const at = this.#grow(1);
    this.#bytes[at] = Number(value);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: bigint): this {
    if (value < 0n || value >> 64n) throw new KernelError("INVALID_ARGUMENT", `${value} does not fit 64 bits`);
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  u256(value: bigint): this {
    if (value < 0n || value >> 256n) throw new KernelError("INVALID_ARGUMENT", `${value} does not fit 256 bits`);
    const at = this.#grow(32);
    for (let limb = 0; limb < 4; limb++) {
      this.#view.setBigUint64(at + limb * 8, BigInt.asUintN(64, value >> BigInt(limb * 64)), true);
    }
    return this;
  }

  /** Exactly `length` bytes. */
  fixed(value: Uint8Array, length: number): this {
    if (value.length !== length) {
      throw new KernelError("INVALID_ARGUMENT", `expected ${length} bytes, got ${value.length}`);
    }
    const at = this.#grow(length);
    this.#bytes.set(value, at);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.u32(value.length);
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.u32(items.length);
    for (const item of items) write(item);
    return this;
  }

  #grow(by: number): number {
    const at = this.#length;
    this.#length = at + by;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

/** Fields up to this length are cheaper to copy than to view: their bytes live inside the object. */
const COPIED_LENGTH = 64;

/**
 * Reads what `WireWriter` or the kernel wrote, a message that nobody writes to again: long fields are views of it, short
 * ones copies, so that keeping a hash does not keep the message.
 */
export class WireReader {
  /** The whole message. */
  readonly message: Uint8Array;
  readonly view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.message = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.view.getUint8(this.#take(1));
  }

  bool(): boolean {
    return this.u8() !== 0;
  }

  u16(): number {
    return this.view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.#take(8), true);
  }

  u256(): bigint {
    const at = this.#take(32);
    const view = this.view;
    const lowest = view.getBigUint64(at, true);
    if (this.#isZero(at + 8, at + 32)) return lowest;
    const low = (view.getBigUint64(at + 8, true) << 64n) | lowest;
    if (this.#isZero(at + 16, at + 32)) return low;
    const high = (view.getBigUint64(at + 24, true) << 64n) | view.getBigUint64(at + 16, true);
    return (high << 128n) | low;
  }

  /** As many bytes as the first one says, at most 32. */
  amount(): bigint {
    const end = this.u8() + this.#at;
    let [value, scale] = [0, 1];
    // Six bytes are exact in a number.
    for (let last = Math.min(end, this.#at + 6); this.#at < last; scale *= 256) value += this.u8() * scale;
    let amount = BigInt(value);
    for (let shift = 48n; this.#at < end; shift += 8n) amount |= BigInt(this.u8()) << shift;
    return amount;
  }

  fixed(length: number): Uint8Array {
    const at = this.#take(length);
    return length > COPIED_LENGTH ? this.message.subarray(at, at + length) : this.message.slice(at, at + length);
  }

  bytes(): Uint8Array {
    return this.fixed(this.u32());
  }

  /** Passes over `length` bytes; where they begin in the message. */
  skip(length: number): number {
    return this.#take(length);
  }

  list<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let left = this.u32(); left > 0; left--) items.push(read());
    return items;
  }

  optional<T>(read: () => T): T | undefined {
    return this.bool() ? read() : undefined;
  }

  /** `end - start` is a multiple of 4. */
  #isZero(start: number, end: number): boolean {
    for (let at = start; at < end; at += 4) if (this.view.getUint32(at, true) !== 0) return false;
    return true;
  }

  #take(length: number): number {
    const at = this.#at;
    this.#at = at + length;
    return at;
  }
}
