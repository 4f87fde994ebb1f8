import type { Random } from "./random.ts";

/** Addresses that generated programs call: the contracts of the scenario, a precompile, nobody. */
export interface Surroundings {
  readonly contracts: readonly Uint8Array[];
  /** Whether the fork defines an instruction. */
  readonly defines: (op: number) => boolean;
}

const EDGES = [
  0n,
  1n,
  2n,
  31n,
  32n,
  255n,
  256n,
  2n ** 31n,
  2n ** 32n,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n,
  2n ** 128n,
];
const HIGH_EDGES = [2n ** 160n - 1n, 2n ** 192n, 2n ** 255n - 1n, 2n ** 255n, 2n ** 256n - 1n, 2n ** 256n - 2n];
/** Inputs → one output, without side effects, by number of inputs. */
const UNARY = [0x15, 0x19, 0x1e, 0x35, 0x31, 0x3b, 0x3f, 0x40, 0x49, 0x51, 0x54, 0x5c];
const BINARY = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18];
const SHIFTS = [0x1a, 0x1b, 0x1c, 0x1d];
const TERNARY = [0x08, 0x09];
const NULLARY = [0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4a];
const OBSERVERS = [0x58, 0x59, 0x5a];
/** Instructions that take an address or an offset, where any word would mostly run out of gas. */
const BOUNDED = new Set([0x35, 0x51, 0x54, 0x5c, 0x40, 0x49]);

type Label = { at: number | undefined };

/**
 * Writes a program the way compilers do: expressions on a stack whose height is known, branches, counted loops, internal
 * functions with return addresses, a dispatcher on the first word of the input. Then, now and then, spoils some bytes.
 */
export function generateProgram(random: Random, surroundings: Surroundings): Uint8Array {
  return new Generator(random, surroundings).program();
}

class Generator {
  readonly #random: Random;
  readonly #surroundings: Surroundings;
  readonly #code: number[] = [];
  readonly #fixups: { at: number; label: Label }[] = [];
  readonly #functions: { label: Label; inputs: number; outputs: number }[] = [];
  #height = 0;
  #budget: number;

  constructor(random: Random, surroundings: Surroundings) {
    this.#random = random;
    this.#surroundings = surroundings;
    this.#budget = 20 + random.below(160);
  }

  program(): Uint8Array {
    const random = this.#random;
    for (let i = random.below(4); i > 0; i--) {
      this.#functions.push({ label: { at: undefined }, inputs: random.below(4), outputs: random.below(3) });
    }
    if (random.chance(3)) this.#dispatcher();
    else this.#body(0);
    this.#finish();
    for (const each of this.#functions) this.#function(each);
    return this.#spoiled(this.#linked());
  }

  #linked(): number[] {
    for (const { at, label } of this.#fixups) {
      const target = label.at ?? 0;
      this.#code[at] = target >> 8;
      this.#code[at + 1] = target & 0xff;
    }
    return this.#code;
  }

  #spoiled(code: number[]): Uint8Array {
    const random = this.#random;
    if (random.chance(4))
      for (let i = 1 + random.below(3); i > 0; i--) code[random.below(code.length)] = random.below(256);
    return Uint8Array.from(code);
  }

  /** Selects a body by the first word of the input, as contracts select a function. */
  #dispatcher(): void {
    const cases = Array.from({ length: 1 + this.#random.below(5) }, () => ({ label: { at: undefined } as Label }));
    this.#push(0n);
    this.#op(0x35, 1, 1);
    this.#push(224n);
    this.#op(0x1c, 2, 1);
    for (const [i, { label }] of cases.entries()) {
      this.#op(0x80, 0, 1);
      this.#push(BigInt(i));
      this.#op(0x14, 2, 1);
      this.#jumpIf(label);
    }
    for (const { label } of cases) {
      const height = this.#height;
      this.#place(label);
      this.#body(0);
      this.#finish();
      this.#height = height;
    }
  }

  #function({ label, inputs, outputs }: { label: Label; inputs: number; outputs: number }): void {
    // Return address below the inputs.
    this.#height = inputs + 1;
    this.#place(label);
    this.#budget = 10 + this.#random.below(30);
    this.#body(1);
    while (this.#height > 1 + outputs) this.#op(0x50, 1, 0);
    while (this.#height < 1 + outputs) this.#value();
    if (outputs > 0) this.#op(0x8f + outputs, 0, 0);
    if (outputs === 2) this.#op(0x90, 0, 0);
    this.#op(0x56, 1, 0);
  }

  #body(floor: number): void {
    while (this.#budget > 0) this.#statement(floor);
  }

  #finish(): void {
    const random = this.#random;
    if (random.chance(8)) this.#code.push(0x00);
    else {
      this.#small();
      this.#small();
      this.#op(random.chance(4) ? 0xfd : 0xf3, 2, 0);
    }
  }

  #statement(floor: number): void {
    const random = this.#random;
    this.#budget -= 1 + random.below(3);
    const room = this.#height - floor;
    const kind = random.below(24);
    if (kind < 8) this.#value();
    else if (kind < 10 && room > 0) this.#op(0x80 + random.below(Math.min(16, room)), 0, 1);
    else if (kind < 12 && room > 1) this.#op(0x90 + random.below(Math.min(16, room - 1)), 0, 0);
    else if (kind < 13 && room > 0) this.#op(0x50, 1, 0);
    else if (kind < 15) this.#memory();
    else if (kind < 17) this.#storage();
    else if (kind < 18) this.#branch(floor);
    else if (kind < 19) this.#loop();
    else if (kind < 21) this.#callFunction();
    else if (kind < 22) this.#call();
    else if (random.chance(3)) this.#log();
    else if (random.chance(6)) this.#create();
    else this.#copy();
    while (this.#height > 24) this.#op(0x50, 1, 0);
  }

  /** Raises the stack by a word. */
  #value(depth = 0): void {
    const random = this.#random;
    const kind = depth > 3 ? 0 : random.below(12);
    if (kind < 3) this.#push(this.#word());
    else if (kind < 4) this.#op(this.#defined(random.chance(3) ? OBSERVERS : NULLARY), 0, 1);
    else if (kind < 6) this.#unary(depth);
    else if (kind < 10) {
      this.#value(depth + 1);
      this.#value(depth + 1);
      this.#op(random.pick(BINARY), 2, 1);
    } else if (kind < 11) {
      this.#value(depth + 1);
      if (random.chance(2)) this.#push(BigInt(random.below(260)));
      else this.#value(depth + 1);
      this.#op(this.#defined([...SHIFTS, 0x01]), 2, 1);
    } else {
      for (let i = 0; i < 3; i++) this.#value(depth + 1);
      this.#op(random.pick(TERNARY), 3, 1);
    }
  }

  #unary(depth: number): void {
    const op = this.#defined(UNARY);
    if (op === 0x31 || op === 0x3b || op === 0x3f) this.#address();
    else if (BOUNDED.has(op)) this.#small();
    else this.#value(depth + 1);
    this.#op(op, 1, 1);
  }

  /** A word mostly below 256, now and then any. */
  #small(): void {
    const random = this.#random;
    const kind = random.below(16);
    if (kind === 0) this.#value(3);
    else if (kind < 4) {
      this.#value(2);
      this.#push(0xffn);
      this.#op(0x16, 2, 1);
    } else this.#push(BigInt(random.below(kind < 12 ? 100 : 700)));
  }

  #memory(): void {
    const random = this.#random;
    this.#value();
    this.#small();
    this.#op(random.chance(4) ? 0x53 : 0x52, 2, 0);
  }

  #storage(): void {
    const random = this.#random;
    if (random.chance(2)) {
      this.#slot();
      this.#op(this.#defined(random.chance(3) ? [0x5c, 0x54] : [0x54]), 1, 1);
      return;
    }
    this.#value(2);
    this.#slot();
    this.#op(this.#defined(random.chance(4) ? [0x5d, 0x55] : [0x55]), 2, 0);
  }

  #slot(): void {
    this.#push(BigInt(this.#random.below(6)));
  }

  #branch(floor: number): void {
    const end: Label = { at: undefined };
    this.#value(1);
    this.#jumpIf(end);
    const height = this.#height;
    for (let i = this.#random.below(4); i > 0; i--) this.#statement(floor);
    if (this.#random.chance(8)) this.#finish();
    while (this.#height > height) this.#op(0x50, 1, 0);
    while (this.#height < height) this.#value(2);
    this.#place(end);
  }

  #loop(): void {
    const start: Label = { at: undefined };
    this.#push(BigInt(1 + this.#random.below(9)));
    this.#place(start);
    const height = this.#height;
    for (let i = this.#random.below(3); i > 0; i--) this.#statement(height);
    while (this.#height > height) this.#op(0x50, 1, 0);
    this.#push(1n);
    this.#op(0x90, 0, 0);
    this.#op(0x03, 2, 1);
    this.#op(0x80, 0, 1);
    this.#jumpIf(start);
    this.#op(0x50, 1, 0);
  }

  #callFunction(): void {
    if (this.#functions.length === 0) return;
    const { label, inputs, outputs } = this.#random.pick(this.#functions);
    const back: Label = { at: undefined };
    this.#pushLabel(back);
    for (let i = 0; i < inputs; i++) this.#value(2);
    this.#pushLabel(label);
    this.#op(0x56, 1, 0);
    this.#height += outputs - inputs - 1;
    this.#place(back);
  }

  #call(): void {
    const random = this.#random;
    const op = this.#defined([0xf1, 0xf1, 0xf2, 0xf4, 0xfa]);
    for (let i = 0; i < 4; i++) this.#small();
    if (op < 0xf3) this.#push(BigInt(random.below(random.chance(3) ? 100 : 1)));
    this.#address();
    if (random.chance(3)) this.#push(BigInt(random.below(40_000)));
    else this.#op(0x5a, 0, 1);
    this.#op(op, op < 0xf3 ? 7 : 6, 1);
  }

  #create(): void {
    const random = this.#random;
    const salted = random.chance(2) && this.#surroundings.defines(0xf5);
    // Init code that returns some of what memory holds, or runs it.
    this.#push(BigInt(`0x${Buffer.from([0x60, 0x20, 0x60, 0x00, 0xf3, ...random.bytes(3)]).toString("hex")}`) << 192n);
    this.#push(0n);
    this.#op(0x52, 2, 0);
    if (salted) this.#push(BigInt(random.below(3)));
    this.#push(BigInt(random.below(40)));
    this.#push(0n);
    this.#push(BigInt(random.below(2)));
    this.#op(salted ? 0xf5 : 0xf0, salted ? 4 : 3, 1);
  }

  #log(): void {
    const topics = this.#random.below(5);
    for (let i = 0; i < topics; i++) this.#value(2);
    this.#small();
    this.#small();
    this.#op(0xa0 + topics, topics + 2, 0);
  }

  #copy(): void {
    const op = this.#defined([0x20, 0x37, 0x39, 0x3c, 0x3e, 0x5e, 0x20, ...(this.#random.chance(6) ? [0xff] : [])]);
    const operands = op === 0xff ? 1 : op === 0x20 ? 2 : op === 0x3c ? 4 : 3;
    for (let i = Math.min(operands, 3); i > 0; i--) if (op !== 0xff) this.#small();
    if (op === 0x3c || op === 0xff) this.#address();
    this.#op(op, operands, op === 0x20 ? 1 : 0);
  }

  /** One of the instructions that the fork has, mostly: what is not defined ends the program. */
  #defined(ops: readonly number[]): number {
    const { defines } = this.#surroundings;
    return this.#random.pick(this.#random.chance(200) ? ops : ops.filter(defines));
  }

  #address(): void {
    const random = this.#random;
    const kind = random.below(12);
    if (kind < 2) this.#push(BigInt(1 + random.below(9)));
    else if (kind < 4) this.#push(this.#word());
    else if (kind < 7) this.#op(0x30, 0, 1);
    else this.#push(BigInt(`0x${Buffer.from(random.pick(this.#surroundings.contracts)).toString("hex")}`));
  }

  #word(): bigint {
    const random = this.#random;
    const kind = random.below(10);
    if (kind < 5) return BigInt(random.below(300));
    if (kind < 7) return random.pick(EDGES);
    if (kind < 8) return random.pick(HIGH_EDGES);
    return BigInt(`0x${Buffer.from(random.bytes(1 + random.below(32))).toString("hex")}`);
  }

  #push(value: bigint): void {
    const zero = value === 0n && this.#surroundings.defines(0x5f);
    const hex = zero ? "" : value.toString(16);
    const bytes = [...Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex")];
    this.#op(0x5f + bytes.length, 0, 1);
    this.#code.push(...bytes);
  }

  #pushLabel(label: Label): void {
    this.#op(0x61, 0, 1);
    this.#fixups.push({ at: this.#code.length, label });
    this.#code.push(0, 0);
  }

  #jumpIf(label: Label): void {
    this.#pushLabel(label);
    this.#op(0x57, 2, 0);
  }

  #place(label: Label): void {
    label.at = this.#code.length;
    this.#code.push(0x5b);
  }

  #op(code: number, inputs: number, outputs: number): void {
    this.#code.push(code);
    this.#height += outputs - inputs;
  }
}
