import { FP_SIZE, FR_SIZE, fromHex, G1_SIZE, isBelow, isZero, Mcl, P256 as P256_CURVE } from "./mcl.ts";

const PRIME = fromHex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
const ORDER = fromHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const EMPTY = new Uint8Array(0);

/** EIP-7951. The input is 160 bytes: hash, r, s, x, y; the output is the word 1, or nothing when the signature is invalid. */
export class P256 {
  readonly #mcl: Mcl;
  readonly #points: number;
  readonly #scalars: number;
  readonly #inverse: number;
  readonly #r: number;
  readonly #sum: number;

  private constructor(mcl: Mcl) {
    this.#mcl = mcl;
    this.#points = mcl.alloc(2 * G1_SIZE);
    this.#scalars = mcl.alloc(2 * FR_SIZE);
    this.#inverse = mcl.alloc(FR_SIZE);
    this.#r = mcl.alloc(FR_SIZE);
    this.#sum = mcl.alloc(G1_SIZE);
  }

  static async create(): Promise<P256> {
    return new P256(await Mcl.create(P256_CURVE, PRIME));
  }

  verify(input: Uint8Array): Uint8Array {
    if (!isScalar(input, 32) || !isScalar(input, 64) || !this.#readKey(input, 96)) return EMPTY;
    const { op } = this.#mcl;
    this.#mcl.readFr(this.#scalars, input, 0);
    this.#mcl.readFr(this.#r, input, 32);
    this.#mcl.readFr(this.#inverse, input, 64);
    op.Fr_inv(this.#inverse, this.#inverse);
    op.Fr_mul(this.#scalars, this.#scalars, this.#inverse);
    op.Fr_mul(this.#scalars + FR_SIZE, this.#r, this.#inverse);
    op.G1_getBasePoint(this.#points);
    op.G1_mulVec(this.#sum, this.#points, this.#scalars, 2);
    if (op.G1_isZero(this.#sum)) return EMPTY;
    op.G1_normalize(this.#sum, this.#sum);
    const output = new Uint8Array(32);
    this.#mcl.writeFp(output, 0, this.#sum);
    this.#mcl.readFr(this.#inverse, output, 0);
    if (op.Fr_isEqual(this.#inverse, this.#r) !== 1) return EMPTY;
    output.fill(0);
    output[31] = 1;
    return output;
  }

  // (0, 0) is not on the curve, so infinity has no encoding.
  #readKey(input: Uint8Array, offset: number): boolean {
    const key = this.#points + G1_SIZE;
    if (!this.#mcl.readFp(key, input, offset) || !this.#mcl.readFp(key + FP_SIZE, input, offset + 32)) return false;
    this.#mcl.op.Fp_setInt32(key + 2 * FP_SIZE, 1);
    return this.#mcl.op.G1_isValid(key) === 1;
  }
}

function isScalar(input: Uint8Array, offset: number): boolean {
  return !isZero(input, offset, offset + 32) && isBelow(input, offset, ORDER);
}
