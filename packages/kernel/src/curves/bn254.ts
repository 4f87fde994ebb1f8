import { BN254, FP_SIZE, FP2_SIZE, FR_SIZE, fromHex, G1_SIZE, G2_SIZE, GT_SIZE, isZero, Mcl } from "./mcl.ts";

const PRIME = fromHex("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47");
const G1_BYTES = 64;
const PAIR_BYTES = 192;
const FIELD = 32;
/** Pairs whose Miller loops share their squarings. */
const BATCH = 16;

/** The parameter x of the curve: p = 36x⁴ + 36x³ + 24x² + 6x + 1. */
const CURVE_PARAMETER = 4965661367192848881n;
// ψ(x, y) = (x̄ γ₁, ȳ γ₂) is the untwisted Frobenius map: γ₁ = (9 + u)^((p−1)/3), γ₂ = (9 + u)^((p−1)/2).
const PSI_X = [
  "2fb347984f7911f74c0bec3cf559b143b78cc310c2c3330c99e39557176f553d",
  "16c9e55061ebae204ba4cc8bd75a079432ae2a1d0b7c9dce1665d51c640fcba2",
] as const;
const PSI_Y = [
  "063cf305489af5dcdc5ec698b6e2f9b9dbaae0eda9c95998dc54014671a0135a",
  "07c03cbcac41049a0704b5a7ec796f2b21807dc98fa25bd282d37f632623b0e3",
] as const;

/** EIP-196 and EIP-197. Inputs have the length the precompile asks for; `undefined` means that it fails. */
export class Bn254 {
  readonly #mcl: Mcl;
  readonly #p: number;
  readonly #q: number;
  readonly #scalar: number;
  readonly #points1: number;
  readonly #points2: number;
  readonly #product: number;
  readonly #factor: number;
  readonly #psiX: number;
  readonly #psiY: number;
  readonly #work: readonly [number, number, number];

  private constructor(mcl: Mcl) {
    this.#mcl = mcl;
    this.#p = mcl.alloc(G1_SIZE);
    this.#q = mcl.alloc(G1_SIZE);
    this.#scalar = mcl.alloc(FR_SIZE);
    this.#points1 = mcl.alloc(G1_SIZE * BATCH);
    this.#points2 = mcl.alloc(G2_SIZE * BATCH);
    this.#product = mcl.alloc(GT_SIZE);
    this.#factor = mcl.alloc(GT_SIZE);
    this.#psiX = this.#constant(PSI_X);
    this.#psiY = this.#constant(PSI_Y);
    this.#work = [mcl.alloc(G2_SIZE), mcl.alloc(G2_SIZE), mcl.alloc(G2_SIZE)];
  }

  static async create(): Promise<Bn254> {
    return new Bn254(await Mcl.create(BN254, PRIME));
  }

  add(input: Uint8Array): Uint8Array | undefined {
    if (!this.#readG1(this.#p, input, 0) || !this.#readG1(this.#q, input, G1_BYTES)) return undefined;
    this.#mcl.op.G1_add(this.#p, this.#p, this.#q);
    return this.#writeG1(this.#p);
  }

  multiply(input: Uint8Array): Uint8Array | undefined {
    if (!this.#readG1(this.#p, input, 0)) return undefined;
    this.#mcl.readFr(this.#scalar, input, G1_BYTES);
    this.#mcl.op.G1_mul(this.#p, this.#p, this.#scalar);
    return this.#writeG1(this.#p);
  }

  /** Whether the product of the pairings is one, as a 32-byte word. */
  pairing(input: Uint8Array): Uint8Array | undefined {
    const mcl = this.#mcl;
    mcl.op.GT_setInt32(this.#product, 1);
    let count = 0;
    let pairs = 0;
    for (let offset = 0; offset < input.length; offset += PAIR_BYTES) {
      const p = this.#points1 + count * G1_SIZE;
      const q = this.#points2 + count * G2_SIZE;
      if (!this.#readG1(p, input, offset) || !this.#readG2(q, input, offset + G1_BYTES)) return undefined;
      if (mcl.op.G1_isZero(p) || mcl.op.G2_isZero(q)) continue;
      pairs++;
      if (++count === BATCH) count = this.#multiplyPairs(count);
    }
    // No pairing of two finite points is one, so a single pair is decided.
    if (pairs > 1) {
      this.#multiplyPairs(count);
      mcl.op._finalExp(this.#product, this.#product);
    }
    const output = new Uint8Array(32);
    output[31] = pairs === 1 ? 0 : mcl.op.GT_isOne(this.#product);
    return output;
  }

  #multiplyPairs(count: number): number {
    if (count === 0) return 0;
    this.#mcl.op._millerLoopVec(this.#factor, this.#points1, this.#points2, count);
    this.#mcl.op.GT_mul(this.#product, this.#product, this.#factor);
    return 0;
  }

  #readG1(point: number, input: Uint8Array, offset: number): boolean {
    const mcl = this.#mcl;
    if (isZero(input, offset, offset + G1_BYTES)) {
      mcl.op.G1_clear(point);
      return true;
    }
    if (!mcl.readFp(point, input, offset) || !mcl.readFp(point + FP_SIZE, input, offset + FIELD)) return false;
    mcl.op.Fp_setInt32(point + 2 * FP_SIZE, 1);
    return mcl.op.G1_isValid(point) === 1;
  }

  #writeG1(point: number): Uint8Array {
    const mcl = this.#mcl;
    const output = new Uint8Array(G1_BYTES);
    if (mcl.op.G1_isZero(point)) return output;
    mcl.op.G1_normalize(point, point);
    mcl.writeFp(output, 0, point);
    mcl.writeFp(output, FIELD, point + FP_SIZE);
    return output;
  }

  // EIP-197 puts the imaginary part of an Fp2 element first.
  #readG2(point: number, input: Uint8Array, offset: number): boolean {
    const mcl = this.#mcl;
    if (isZero(input, offset, offset + 4 * FIELD)) {
      mcl.op.G2_clear(point);
      return true;
    }
    for (const [i, element] of [1, 0, 3, 2].entries()) {
      if (!mcl.readFp(point + element * FP_SIZE, input, offset + i * FIELD)) return false;
    }
    mcl.op.Fp_setInt32(point + 2 * FP2_SIZE, 1);
    mcl.op.Fp_clear(point + 2 * FP2_SIZE + FP_SIZE);
    return mcl.op.G2_isValid(point) === 1 && this.#isInSubgroup(point);
  }

  // [x+1]Q + ψ([x]Q) + ψ²([x]Q) = ψ³([2x]Q) holds exactly on the subgroup of order r (El Housni, Guillevic, Piellard:
  // "Co-factor clearing and subgroup membership testing on pairing-friendly curves"): a quarter of a multiplication by r.
  #isInSubgroup(q: number): boolean {
    const mcl = this.#mcl;
    const [multiple, image, sum] = this.#work;
    this.#multiplyByParameter(multiple, q);
    mcl.op.G2_add(sum, multiple, q);
    this.#psi(image, multiple);
    mcl.op.G2_add(sum, sum, image);
    this.#psi(image, image);
    mcl.op.G2_add(sum, sum, image);
    this.#psi(image, image);
    mcl.op.G2_dbl(image, image);
    return mcl.op.G2_isEqual(sum, image) === 1;
  }

  // mcl's own multiplication uses an endomorphism that is only right within the subgroup.
  #multiplyByParameter(target: number, q: number): void {
    const mcl = this.#mcl;
    mcl.copy(target, q, G2_SIZE);
    for (const digit of PARAMETER_DIGITS) {
      mcl.op.G2_dbl(target, target);
      if (digit === 1) mcl.op.G2_add(target, target, q);
      else if (digit === -1) mcl.op.G2_sub(target, target, q);
    }
  }

  // On Jacobian coordinates the map acts on X and Y with the constants and conjugates Z.
  #psi(target: number, source: number): void {
    const mcl = this.#mcl;
    mcl.copy(target, source, G2_SIZE);
    for (let i = 0; i < 3; i++) {
      const imaginary = target + i * FP2_SIZE + FP_SIZE;
      mcl.op.Fp_neg(imaginary, imaginary);
    }
    mcl.op.Fp2_mul(target, target, this.#psiX);
    mcl.op.Fp2_mul(target + FP2_SIZE, target + FP2_SIZE, this.#psiY);
  }

  #constant([real, imaginary]: readonly [string, string]): number {
    const at = this.#mcl.alloc(FP2_SIZE);
    this.#mcl.readFp(at, fromHex(real), 0);
    this.#mcl.readFp(at + FP_SIZE, fromHex(imaginary), 0);
    return at;
  }
}

/** Signed digits of the curve parameter in non-adjacent form after the leading one, most significant first. */
const PARAMETER_DIGITS: readonly number[] = nonAdjacentForm(CURVE_PARAMETER).slice(1);

function nonAdjacentForm(value: bigint): number[] {
  const digits: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 1n) {
    const digit = rest & 1n ? 2 - Number(rest & 3n) : 0;
    rest -= BigInt(digit);
    digits.unshift(digit);
  }
  return digits;
}
