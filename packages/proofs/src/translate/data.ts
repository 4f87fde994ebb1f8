import { TranslateError } from "../errors.ts";
import type { Label } from "../riscv/assembler.ts";
import { DATA_BASE, DATA_LIMIT, WINDOW } from "./layout.ts";

interface JumpTable {
  readonly address: number;
  readonly labels: readonly Label[];
}

/** The image's data: slots of eight bytes, as far as possible where GP reaches them, and tables of addresses behind. */
export class Data {
  readonly #bytes = new DataView(new ArrayBuffer(DATA_LIMIT - DATA_BASE));
  readonly #constants = new Map<bigint, number>();
  readonly #tables: JumpTable[] = [];
  #nextSlot = DATA_BASE;
  #nextTable = DATA_BASE + WINDOW;

  /** Address of a new slot with the value. */
  slot(value: bigint): number {
    const near = this.#nextSlot < DATA_BASE + WINDOW;
    const address = near ? this.#nextSlot : this.reserve(8);
    if (near) this.#nextSlot += 8;
    this.#bytes.setBigInt64(address - DATA_BASE, BigInt.asIntN(64, value), true);
    return address;
  }

  /** Address of a slot that has the value and keeps it. */
  constant(value: bigint): number {
    const known = this.#constants.get(value);
    if (known !== undefined) return known;
    const address = this.slot(value);
    this.#constants.set(value, address);
    return address;
  }

  /** Room for a table of `length` bytes. */
  reserve(length: number): number {
    const address = this.#nextTable;
    this.#nextTable += (length + 7) & ~7;
    if (this.#nextTable > DATA_LIMIT) throw new TranslateError("TOO_LARGE", "tables of over a megabyte");
    return address;
  }

  /** Address of a table with the labels' addresses, u32 each. */
  jumpTable(labels: readonly Label[]): number {
    const address = this.reserve(4 * labels.length);
    this.#tables.push({ address, labels });
    return address;
  }

  set32(address: number, value: number): void {
    this.#bytes.setUint32(address - DATA_BASE, value, true);
  }

  /** All data, once the text is complete. */
  finish(addressOf: (label: Label) => number): Uint8Array {
    for (const { address, labels } of this.#tables) {
      for (const [i, label] of labels.entries()) this.set32(address + 4 * i, addressOf(label));
    }
    return new Uint8Array(this.#bytes.buffer, 0, this.#nextTable - DATA_BASE).slice();
  }
}
