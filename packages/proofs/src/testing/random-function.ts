import { I32, I64, type ValueType } from "../wasm/opcodes.ts";
import { GLOBALS, type Signature } from "./random-module.ts";
import type { RandomSource } from "./random-source.ts";
import { signed, unsigned } from "./wasm-writer.ts";

type Code = number[];

const TYPES: readonly ValueType[] = [I32, I64];

const STATEMENT_DEPTH = 4;
const EXPRESSION_DEPTH = 4;
/** Locals that count loops, one per depth. */
const COUNTERS = 3;
/** Offsets of accesses: small ones, ones beyond the immediates of the machine, and beyond its guard. */
const OFFSETS = [0, 1, 2, 3, 4, 8, 100, 2040, 2047, 4096, 40_000] as const;

const I32_BINARY = [0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78] as const;
const I64_BINARY = [0x7c, 0x7d, 0x7e, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a] as const;
const I32_DIVISIONS = [0x6d, 0x6e, 0x6f, 0x70] as const;
const I64_DIVISIONS = [0x7f, 0x80, 0x81, 0x82] as const;
const DIVISORS = [1n, 3n, 7n, 1000003n, -5n] as const;
const I32_LOADS = [0x28, 0x2c, 0x2d, 0x2e, 0x2f] as const;
const I64_LOADS = [0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35] as const;
const I32_STORES = [0x36, 0x3a, 0x3b] as const;
const I64_STORES = [0x37, 0x3c, 0x3d, 0x3e] as const;

/** Writes the body of one random function, which calls only functions before it. */
export class RandomFunction {
  readonly #random: RandomSource;
  readonly #signatures: readonly Signature[];
  readonly #index: number;
  readonly #risky: boolean;
  readonly #locals: readonly ValueType[];
  #loops = 0;

  constructor(random: RandomSource, signatures: readonly Signature[], index: number, risky: boolean) {
    this.#random = random;
    this.#signatures = signatures;
    this.#index = index;
    this.#risky = risky;
    const own: ValueType[] = Array.from({ length: 2 + random.below(random.below(5) === 0 ? 24 : 8) }, () =>
      random.pick(TYPES),
    );
    this.#locals = [...signatures[index]!.parameters, ...own];
  }

  /** Locals and instructions, as in the code section. */
  body(): Code {
    const { parameters, result } = this.#signatures[this.#index]!;
    const declared = [...this.#locals.slice(parameters.length), ...new Array<ValueType>(COUNTERS).fill(I32)];
    const instructions = [...this.#statements(STATEMENT_DEPTH), ...this.#expression(result, EXPRESSION_DEPTH)];
    return [...unsigned(declared.length), ...declared.flatMap((type) => [1, type]), ...instructions, 0x0b];
  }

  #localOf(type: ValueType): number | undefined {
    const candidates = [...this.#locals.keys()].filter((local) => this.#locals[local] === type);
    return candidates.length === 0 ? undefined : this.#random.pick(candidates);
  }

  #constant(type: ValueType, value: bigint): Code {
    return type === I32 ? [0x41, ...signed(BigInt.asIntN(32, value))] : [0x42, ...signed(value)];
  }

  /** An address, in the first pages unless the module is risky. */
  #address(depth: number): Code {
    const r = this.#random;
    if (r.below(8) === 0) return this.#constant(I32, BigInt(r.below(0x2000)));
    const any = this.#expression(I32, depth - 1);
    if (this.#risky && r.below(30) === 0) return any;
    return [...any, 0x41, ...signed(r.below(3) === 0 ? 0x1fffn : 0x1ff8n), 0x71];
  }

  #expression(type: ValueType, depth: number): Code {
    const r = this.#random;
    if (depth <= 0) {
      const local = this.#localOf(type);
      return r.below(3) > 0 && local !== undefined ? [0x20, ...unsigned(local)] : this.#constant(type, r.integer());
    }
    const kind = r.below(24);
    if (kind < 16) return type === I32 ? this.#arithmetic32(kind, depth) : this.#arithmetic64(kind, depth);
    return this.#structured(type, kind, depth);
  }

  #arithmetic32(kind: number, depth: number): Code {
    const r = this.#random;
    const e = (type: ValueType): Code => this.#expression(type, depth - 1);
    if (kind < 6) return [...e(I32), ...e(I32), r.pick(this.#risky ? [...I32_BINARY, ...I32_DIVISIONS] : I32_BINARY)];
    if (kind < 7) return [...e(I32), ...this.#constant(I32, r.pick(DIVISORS)), r.pick(I32_DIVISIONS)];
    if (kind < 8) return [...e(I32), ...this.#constant(I32, r.integer()), r.pick(I32_BINARY)];
    if (kind < 10) return [...e(I32), ...e(I32), 0x46 + r.below(10)];
    if (kind < 11) return [...e(I64), ...e(I64), 0x51 + r.below(10)];
    if (kind < 12) return [...e(I32), ...this.#constant(I32, r.integer()), 0x46 + r.below(10)];
    if (kind < 13) return [...e(I32), r.pick([0x45, 0x67, 0x68, 0x69, 0xc0, 0xc1])];
    if (kind < 14) return [...e(I64), r.pick([0x50, 0xa7])];
    return [...this.#address(depth), r.pick(I32_LOADS), 0, ...unsigned(r.pick(OFFSETS))];
  }

  #arithmetic64(kind: number, depth: number): Code {
    const r = this.#random;
    const e = (type: ValueType): Code => this.#expression(type, depth - 1);
    if (kind < 7) return [...e(I64), ...e(I64), r.pick(this.#risky ? [...I64_BINARY, ...I64_DIVISIONS] : I64_BINARY)];
    if (kind < 8) return [...e(I64), ...this.#constant(I64, r.pick(DIVISORS)), r.pick(I64_DIVISIONS)];
    if (kind < 10) return [...e(I64), ...this.#constant(I64, r.integer()), r.pick(I64_BINARY)];
    if (kind < 12) return [...e(I64), r.pick([0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4])];
    if (kind < 14) return [...e(I32), r.pick([0xac, 0xad])];
    return [...this.#address(depth), r.pick(I64_LOADS), 0, ...unsigned(r.pick(OFFSETS))];
  }

  /** Expressions with control flow, calls, locals and globals. */
  #structured(type: ValueType, kind: number, depth: number): Code {
    const r = this.#random;
    const e = (of: ValueType, less = 1): Code => this.#expression(of, depth - less);
    if (kind === 16) return [...e(type), ...e(type), ...e(I32), 0x1b];
    if (kind === 17) {
      const local = this.#localOf(type);
      if (local !== undefined) return [...e(type), 0x22, ...unsigned(local)];
    }
    if (kind === 18) {
      const arm = (): Code => [...this.#statements(depth - 2), ...e(type)];
      return [...e(I32), 0x04, type, ...arm(), 0x05, ...arm(), 0x0b];
    }
    if (kind === 19) {
      const leave = r.below(3) === 0 ? [0x0c, 0] : [];
      const rest = [...this.#statements(depth - 2), ...e(type), ...leave];
      return [0x02, type, ...e(type), ...e(I32), 0x0d, 0, 0x1a, ...rest, 0x0b];
    }
    if (kind === 20) return this.#call(type, depth) ?? e(type);
    if (kind === 21) return [0x23, r.pick([...GLOBALS.keys()].filter((global) => GLOBALS[global] === type))];
    if (kind === 22 && type === I32)
      return r.below(6) === 0 ? [0x41, ...signed(BigInt(r.below(3))), 0x40, 0] : [0x3f, 0];
    if (kind === 23) return [0x03, type, ...this.#statements(depth - 2), ...e(type), 0x0b];
    return e(type);
  }

  #call(type: ValueType, depth: number): Code | undefined {
    const r = this.#random;
    if (this.#index === 0) return undefined;
    const callee = r.below(this.#index);
    const { parameters, result } = this.#signatures[callee]!;
    if (result !== type) return undefined;
    const values = parameters.flatMap((parameter) => this.#expression(parameter, depth - 2));
    if (r.below(3) > 0) return [...values, 0x10, ...unsigned(callee)];
    // Another slot has another type, or is empty, or is not there.
    const slot = this.#risky && r.below(20) === 0 ? r.below(40) : callee;
    return [...values, ...this.#constant(I32, BigInt(slot)), 0x11, ...unsigned(callee), 0];
  }

  #statements(depth: number): Code {
    if (depth <= 0) return [];
    return Array.from({ length: 1 + this.#random.below(3) }, () => this.#statement(depth)).flat();
  }

  #statement(depth: number): Code {
    const r = this.#random;
    const kind = r.below(14);
    if (kind < 5) {
      const local = r.below(this.#locals.length);
      return [...this.#expression(this.#locals[local]!, depth), 0x21, ...unsigned(local)];
    }
    if (kind < 7) {
      const type = r.pick(TYPES);
      const store = type === I32 ? r.pick(I32_STORES) : r.pick(I64_STORES);
      return [...this.#address(depth), ...this.#expression(type, depth), store, 0, ...unsigned(r.pick(OFFSETS))];
    }
    if (kind === 7) {
      const global = r.below(GLOBALS.length);
      return [...this.#expression(GLOBALS[global]!, depth), 0x24, global];
    }
    if (kind === 8) {
      const otherwise = r.below(2) === 0 ? [] : [0x05, ...this.#statements(depth - 1)];
      return [...this.#expression(I32, depth), 0x04, 0x40, ...this.#statements(depth - 1), ...otherwise, 0x0b];
    }
    if (kind === 9) return this.#loop(depth);
    if (kind === 10) return this.#table(depth);
    if (kind === 11) return this.#bulk(depth);
    if (kind === 12) return [...this.#expression(r.pick(TYPES), depth), 0x1a];
    if (r.below(6) > 0) return [];
    const result = this.#expression(this.#signatures[this.#index]!.result, depth - 1);
    return [...this.#expression(I32, depth - 1), 0x04, 0x40, ...result, 0x0f, 0x0b];
  }

  #loop(depth: number): Code {
    if (this.#loops === COUNTERS) return [];
    const counter = unsigned(this.#locals.length + this.#loops++);
    const body = this.#statements(depth - 1);
    this.#loops--;
    const times = this.#constant(I32, BigInt(1 + this.#random.below(6)));
    const again = [0x20, ...counter, 0x41, 1, 0x6b, 0x22, ...counter, 0x0d, 0];
    return [...times, 0x21, ...counter, 0x03, 0x40, ...body, ...again, 0x0b];
  }

  #table(depth: number): Code {
    const r = this.#random;
    const targets = 1 + r.below(4);
    const index = [...this.#expression(I32, depth - 1), ...(r.below(2) === 0 ? [] : [0x41, 7, 0x71])];
    const labels = Array.from({ length: targets + 1 }, () => unsigned(r.below(targets + 1))).flat();
    const code = [
      ...Array.from({ length: targets + 1 }, () => [0x02, 0x40]).flat(),
      ...index,
      0x0e,
      ...unsigned(targets),
    ];
    code.push(...labels);
    for (let i = 0; i <= targets; i++) code.push(0x0b, ...(i < targets ? this.#statements(depth - 2) : []));
    return code;
  }

  #bulk(depth: number): Code {
    const r = this.#random;
    const length = this.#constant(I32, BigInt(r.below(r.below(2) === 0 ? 40 : 320)));
    const to = this.#address(depth);
    if (r.below(2) === 0) return [...to, ...this.#expression(I32, 1), ...length, 0xfc, 11, 0];
    return [...to, ...this.#address(depth), ...length, 0xfc, 10, 0, 0];
  }
}
