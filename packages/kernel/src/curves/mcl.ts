import createModule from "mcl-wasm/dist/mcl_c.js";

/** A C function of mcl: all values are addresses in its memory or small integers. */
type MclFunction = (...values: number[]) => number;
type MclModule = Readonly<Record<string, MclFunction>>;

const OPERATIONS = [
  "_finalExp",
  "_getUint64NumToPrecompute",
  "_init",
  "_millerLoopVec",
  "_precomputedMillerLoop2",
  "_precomputeG2",
  "_setETHserialization",
  "_setMapToMode",
  "_verifyOrderG1",
  "_verifyOrderG2",
  "Fp_clear",
  "Fp_getLittleEndian",
  "Fp_mapToG1",
  "Fp_neg",
  "Fp_setInt32",
  "Fp_setLittleEndian",
  "Fp2_mapToG2",
  "Fp2_mul",
  "Fr_getLittleEndian",
  "Fr_inv",
  "Fr_isEqual",
  "Fr_isZero",
  "Fr_mul",
  "Fr_setBigEndianMod",
  "Fr_sub",
  "G1_add",
  "G1_clear",
  "G1_deserialize",
  "G1_getBasePoint",
  "G1_isValid",
  "G1_isValidOrder",
  "G1_isZero",
  "G1_mul",
  "G1_mulVec",
  "G1_neg",
  "G1_normalize",
  "G2_add",
  "G2_clear",
  "G2_dbl",
  "G2_deserialize",
  "G2_isEqual",
  "G2_isValid",
  "G2_isValidOrder",
  "G2_isZero",
  "G2_mul",
  "G2_mulVec",
  "G2_neg",
  "G2_normalize",
  "G2_sub",
  "GT_isOne",
  "GT_mul",
  "GT_setInt32",
] as const;
type Operations = Readonly<Record<(typeof OPERATIONS)[number], MclFunction>>;

/** Curve numbers of mcl. */
export const BN254 = 4;
export const BLS12_381 = 5;
export const P256 = 107;

/** Sizes of mcl's fixed-width values in bytes: an Fp is six 64-bit units whatever the curve, points are Jacobian. */
export const FP_SIZE: number = 48;
export const FP2_SIZE: number = 2 * FP_SIZE;
export const FR_SIZE: number = 32;
export const G1_SIZE: number = 3 * FP_SIZE;
export const G2_SIZE: number = 3 * FP2_SIZE;
export const GT_SIZE: number = 12 * FP_SIZE;

const UNIT_SIZES = 46;
const BUFFER_SIZE = 96;

/**
 * One curve in one instance of mcl, with conversions between big-endian bytes and its memory. The instance keeps its curve
 * in globals, so every curve has its own.
 */
export class Mcl {
  /** The functions `mclBn…`. */
  readonly op: Operations;
  readonly #malloc: MclFunction;
  readonly #memory: WebAssembly.Memory;
  readonly #buffer: number;
  /** Field prime, big-endian; its length is that of a field element. */
  readonly #prime: Uint8Array;
  #bytes: Uint8Array;

  private constructor(module: MclModule, memory: WebAssembly.Memory, prime: Uint8Array) {
    this.op = Object.fromEntries(OPERATIONS.map((name) => [name, module[`_mclBn${name}`]])) as Operations;
    this.#malloc = module._malloc!;
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#prime = prime;
    this.#buffer = this.alloc(BUFFER_SIZE);
  }

  /** @param prime field prime, big-endian */
  static async create(curve: number, prime: Uint8Array): Promise<Mcl> {
    const module = await createModule({ cryptoGetRandomValues: crypto.getRandomValues.bind(crypto) });
    const mcl = new Mcl(module, module.wasmMemory, prime);
    const error = mcl.op._init(curve, UNIT_SIZES);
    if (error !== 0) throw new Error(`mcl cannot initialise curve ${curve}: ${error}`);
    // Membership in the subgroup is checked where the protocol asks for it, never implicitly.
    mcl.op._verifyOrderG1(0);
    mcl.op._verifyOrderG2(0);
    mcl.op._setETHserialization(1);
    return mcl;
  }

  alloc(bytes: number): number {
    return this.#malloc(bytes);
  }

  copy(target: number, source: number, bytes: number): void {
    this.#view().copyWithin(target, source, source + bytes);
  }

  /** Reads a canonical field element at `offset` of `input`; false when it is not below the prime. */
  readFp(target: number, input: Uint8Array, offset: number): boolean {
    const size = this.#prime.length;
    if (!isBelow(input, offset, this.#prime)) return false;
    const memory = this.#view();
    for (let i = 0; i < size; i++) memory[this.#buffer + i] = input[offset + size - 1 - i]!;
    return this.op.Fp_setLittleEndian(target, this.#buffer, size) === 0;
  }

  /** Writes the field element at `source` big-endian to `offset` of `output`. */
  writeFp(output: Uint8Array, offset: number, source: number): void {
    const size = this.#prime.length;
    this.#view().fill(0, this.#buffer, this.#buffer + size);
    this.op.Fp_getLittleEndian(this.#buffer, size, source);
    const memory = this.#view();
    for (let i = 0; i < size; i++) output[offset + i] = memory[this.#buffer + size - 1 - i]!;
  }

  /** Reads 32 bytes at `offset` of `input` modulo the group order. */
  readFr(target: number, input: Uint8Array, offset: number): void {
    this.#view().set(input.subarray(offset, offset + 32), this.#buffer);
    this.op.Fr_setBigEndianMod(target, this.#buffer, 32);
  }

  /** Writes the scalar at `source` as 32 big-endian bytes. */
  writeFr(output: Uint8Array, source: number): void {
    this.#view().fill(0, this.#buffer, this.#buffer + 32);
    this.op.Fr_getLittleEndian(this.#buffer, 32, source);
    const memory = this.#view();
    for (let i = 0; i < 32; i++) output[i] = memory[this.#buffer + 31 - i]!;
  }

  /** Reads a compressed point in the encoding of Zcash; false when there is none with this x. */
  deserializeG1(target: number, bytes: Uint8Array): boolean {
    this.#view().set(bytes, this.#buffer);
    return this.op.G1_deserialize(target, this.#buffer, bytes.length) === bytes.length;
  }

  deserializeG2(target: number, bytes: Uint8Array): boolean {
    this.#view().set(bytes, this.#buffer);
    return this.op.G2_deserialize(target, this.#buffer, bytes.length) === bytes.length;
  }

  // Growing the memory detaches every earlier view.
  #view(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#memory.buffer);
    return this.#bytes;
  }
}

/** Whether the big-endian number of `limit.length` bytes at `offset` of `input` is less than `limit`. */
export function isBelow(input: Uint8Array, offset: number, limit: Uint8Array): boolean {
  for (let i = 0; i < limit.length; i++) {
    const difference = input[offset + i]! - limit[i]!;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Whether bytes [start, end) of `input` are all zero. */
export function isZero(input: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (input[i] !== 0) return false;
  return true;
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
