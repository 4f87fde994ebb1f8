import {
  BLS12_381,
  FP_SIZE,
  FP2_SIZE,
  FR_SIZE,
  fromHex,
  G1_SIZE,
  G2_SIZE,
  GT_SIZE,
  isBelow,
  isZero,
  Mcl,
} from "./mcl.ts";

const PRIME = fromHex(
  "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
);
const ORDER = fromHex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
const G1_GENERATOR = fromHex(
  "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
);
const G2_GENERATOR = fromHex(
  "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e" +
    "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8",
);
/** τ G₂ of the Ethereum KZG ceremony. */
const G2_TAU = fromHex(
  "b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72" +
    "185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2",
);
// First byte of a point in the encoding of the KZG ceremony (that of Zcash): flags in the top three bits, then x.
const COMPRESSED = 0x80;
const INFINITY = 0xc0;
const SIGN = 0x20;
/** A field element is 48 bytes, left-padded to 64. */
const FIELD = 64;
const PADDING = 16;
const G1_BYTES = 2 * FIELD;
const G2_BYTES = 4 * FIELD;
const SCALAR_BYTES = 32;
/** Terms of a sum that are handled together; bounds the memory of long inputs. */
const SUM_BATCH = 1024;
/** Pairs whose Miller loops share their squarings. */
const PAIR_BATCH = 16;
/** mcl's number for the maps of RFC 9380. */
const RFC9380_MAPS = 5;

/** The part of `@chainsafe/blst` in use. Its points are uncompressed and big-endian, imaginary part first. */
export interface BlstPoint {
  toBytes(compress: boolean): Uint8Array;
}
export interface Blst {
  readonly PublicKey: { fromBytes(bytes: Uint8Array, validate: boolean): BlstPoint };
  readonly Signature: { fromBytes(bytes: Uint8Array, validate: boolean): BlstPoint };
}

/**
 * EIP-2537. Inputs have a length the precompile accepts; `undefined` means that it fails. Subgroup checks, the larger part of
 * the work on short inputs, go to blst where it is installed.
 */
export class Bls12381 {
  readonly #mcl: Mcl;
  readonly #blst: Blst | undefined;
  readonly #p: number;
  readonly #q: number;
  readonly #points1: number;
  readonly #points2: number;
  readonly #scalars: number;
  readonly #product: number;
  readonly #factor: number;
  #kzg: KzgSetup | undefined;

  private constructor(mcl: Mcl, blst: Blst | undefined) {
    this.#mcl = mcl;
    this.#blst = blst;
    this.#p = mcl.alloc(G2_SIZE);
    this.#q = mcl.alloc(G2_SIZE);
    this.#points1 = mcl.alloc(G1_SIZE * SUM_BATCH);
    this.#points2 = mcl.alloc(G2_SIZE * SUM_BATCH);
    this.#scalars = mcl.alloc(FR_SIZE * SUM_BATCH);
    this.#product = mcl.alloc(GT_SIZE);
    this.#factor = mcl.alloc(GT_SIZE);
    mcl.op._setMapToMode(RFC9380_MAPS);
  }

  /** @param blst absent: mcl checks subgroups, four times slower */
  static async create(blst?: Blst): Promise<Bls12381> {
    return new Bls12381(await Mcl.create(BLS12_381, PRIME), blst);
  }

  addG1(input: Uint8Array): Uint8Array | undefined {
    if (!this.#readG1(this.#p, input, 0, false) || !this.#readG1(this.#q, input, G1_BYTES, false)) return undefined;
    this.#mcl.op.G1_add(this.#p, this.#p, this.#q);
    return this.#writeG1(this.#p);
  }

  addG2(input: Uint8Array): Uint8Array | undefined {
    if (!this.#readG2(this.#p, input, 0, false) || !this.#readG2(this.#q, input, G2_BYTES, false)) return undefined;
    this.#mcl.op.G2_add(this.#p, this.#p, this.#q);
    return this.#writeG2(this.#p);
  }

  /** Sum of points times scalars, which are reduced modulo the group order. */
  sumG1(input: Uint8Array): Uint8Array | undefined {
    const { op } = this.#mcl;
    op.G1_clear(this.#p);
    let count = 0;
    const flush = (): void => {
      if (count === 1) op.G1_mul(this.#q, this.#points1, this.#scalars);
      else if (count > 1) op.G1_mulVec(this.#q, this.#points1, this.#scalars, count);
      if (count > 0) op.G1_add(this.#p, this.#p, this.#q);
      count = 0;
    };
    for (let offset = 0; offset < input.length; offset += G1_BYTES + SCALAR_BYTES) {
      const point = this.#points1 + count * G1_SIZE;
      if (!this.#readG1(point, input, offset, true)) return undefined;
      if (op.G1_isZero(point)) continue;
      this.#mcl.readFr(this.#scalars + count * FR_SIZE, input, offset + G1_BYTES);
      if (++count === SUM_BATCH) flush();
    }
    flush();
    return this.#writeG1(this.#p);
  }

  sumG2(input: Uint8Array): Uint8Array | undefined {
    const { op } = this.#mcl;
    op.G2_clear(this.#p);
    let count = 0;
    const flush = (): void => {
      if (count === 1) op.G2_mul(this.#q, this.#points2, this.#scalars);
      else if (count > 1) op.G2_mulVec(this.#q, this.#points2, this.#scalars, count);
      if (count > 0) op.G2_add(this.#p, this.#p, this.#q);
      count = 0;
    };
    for (let offset = 0; offset < input.length; offset += G2_BYTES + SCALAR_BYTES) {
      const point = this.#points2 + count * G2_SIZE;
      if (!this.#readG2(point, input, offset, true)) return undefined;
      if (op.G2_isZero(point)) continue;
      this.#mcl.readFr(this.#scalars + count * FR_SIZE, input, offset + G2_BYTES);
      if (++count === SUM_BATCH) flush();
    }
    flush();
    return this.#writeG2(this.#p);
  }

  /** Whether the product of the pairings is one, as a 32-byte word. */
  pairing(input: Uint8Array): Uint8Array | undefined {
    const { op } = this.#mcl;
    op.GT_setInt32(this.#product, 1);
    let count = 0;
    let pairs = 0;
    for (let offset = 0; offset < input.length; offset += G1_BYTES + G2_BYTES) {
      const p = this.#points1 + count * G1_SIZE;
      const q = this.#points2 + count * G2_SIZE;
      if (!this.#readG1(p, input, offset, true) || !this.#readG2(q, input, offset + G1_BYTES, true)) return undefined;
      if (op.G1_isZero(p) || op.G2_isZero(q)) continue;
      pairs++;
      if (++count === PAIR_BATCH) count = this.#multiplyPairs(count);
    }
    // No pairing of two finite points is one, so a single pair is decided.
    if (pairs > 1) {
      this.#multiplyPairs(count);
      op._finalExp(this.#product, this.#product);
    }
    const output = new Uint8Array(32);
    output[31] = pairs === 1 ? 0 : op.GT_isOne(this.#product);
    return output;
  }

  mapToG1(input: Uint8Array): Uint8Array | undefined {
    const { op } = this.#mcl;
    if (!this.#readFp(this.#q, input, 0) || op.Fp_mapToG1(this.#p, this.#q) !== 0) return undefined;
    return this.#writeG1(this.#p);
  }

  mapToG2(input: Uint8Array): Uint8Array | undefined {
    const { op } = this.#mcl;
    if (!this.#readFp(this.#q, input, 0) || !this.#readFp(this.#q + FP_SIZE, input, FIELD)) return undefined;
    if (op.Fp2_mapToG2(this.#p, this.#q) !== 0) return undefined;
    return this.#writeG2(this.#p);
  }

  /**
   * Whether the polynomial behind `commitment` takes value `y` at `z`:
   * e(C − y G₁ + z π, −G₂) · e(π, τ G₂) = 1. Points are 48 compressed bytes, numbers 32 bytes below the group order.
   */
  verifyKzgProof(commitment: Uint8Array, z: Uint8Array, y: Uint8Array, proof: Uint8Array): boolean {
    const { op } = this.#mcl;
    if (!isBelow(z, 0, ORDER) || !isBelow(y, 0, ORDER)) return false;
    this.#kzg ??= new KzgSetup(this.#mcl);
    const point = this.#points1;
    const pi = point + G1_SIZE;
    if (!this.#decompress(this.#p, commitment) || !this.#decompress(pi, proof)) return false;
    this.#mcl.copy(point, this.#kzg.negativeG1, G1_SIZE);
    this.#mcl.readFr(this.#scalars, y, 0);
    this.#mcl.readFr(this.#scalars + FR_SIZE, z, 0);
    op.G1_mulVec(this.#q, point, this.#scalars, 2);
    op.G1_add(this.#p, this.#p, this.#q);
    op.G1_normalize(this.#p, this.#p);
    op._precomputedMillerLoop2(this.#product, this.#p, this.#kzg.negativeG2, pi, this.#kzg.tauG2);
    op._finalExp(this.#product, this.#product);
    return op.GT_isOne(this.#product) === 1;
  }

  #decompress(point: number, bytes: Uint8Array): boolean {
    const { op } = this.#mcl;
    if (bytes[0] === INFINITY && isZero(bytes, 1, bytes.length)) {
      op.G1_clear(point);
      return true;
    }
    if (this.#blst !== undefined) return this.#decompressWithBlst(this.#blst, point, bytes);
    const sign = bytes[0]! & SIGN;
    if ((bytes[0]! & ~SIGN) >> 5 !== COMPRESSED >> 5) return false;
    const x = bytes.slice();
    x[0]! ^= COMPRESSED | sign;
    return isBelow(x, 0, PRIME) && this.#mcl.deserializeG1(point, bytes) && op.G1_isValidOrder(point) === 1;
  }

  #decompressWithBlst(blst: Blst, point: number, bytes: Uint8Array): boolean {
    let affine: Uint8Array;
    try {
      affine = blst.PublicKey.fromBytes(bytes, true).toBytes(false);
    } catch {
      return false;
    }
    this.#mcl.readFp(point, affine, 0);
    this.#mcl.readFp(point + FP_SIZE, affine, PRIME.length);
    this.#mcl.op.Fp_setInt32(point + 2 * FP_SIZE, 1);
    return true;
  }

  #multiplyPairs(count: number): number {
    if (count === 0) return 0;
    const { op } = this.#mcl;
    op._millerLoopVec(this.#factor, this.#points1, this.#points2, count);
    op.GT_mul(this.#product, this.#product, this.#factor);
    return 0;
  }

  #readFp(target: number, input: Uint8Array, offset: number): boolean {
    return isZero(input, offset, offset + PADDING) && this.#mcl.readFp(target, input, offset + PADDING);
  }

  #readG1(point: number, input: Uint8Array, offset: number, subgroup: boolean): boolean {
    const { op } = this.#mcl;
    if (isZero(input, offset, offset + G1_BYTES)) {
      op.G1_clear(point);
      return true;
    }
    if (!this.#readFp(point, input, offset) || !this.#readFp(point + FP_SIZE, input, offset + FIELD)) return false;
    op.Fp_setInt32(point + 2 * FP_SIZE, 1);
    if (!subgroup) return op.G1_isValid(point) === 1;
    if (this.#blst !== undefined) return accepts(this.#blst.PublicKey, pack(input, offset, [0, 1]));
    return op.G1_isValid(point) === 1 && op.G1_isValidOrder(point) === 1;
  }

  #readG2(point: number, input: Uint8Array, offset: number, subgroup: boolean): boolean {
    const { op } = this.#mcl;
    if (isZero(input, offset, offset + G2_BYTES)) {
      op.G2_clear(point);
      return true;
    }
    for (let i = 0; i < 4; i++) if (!this.#readFp(point + i * FP_SIZE, input, offset + i * FIELD)) return false;
    op.Fp_setInt32(point + 2 * FP2_SIZE, 1);
    op.Fp_clear(point + 2 * FP2_SIZE + FP_SIZE);
    if (!subgroup) return op.G2_isValid(point) === 1;
    if (this.#blst !== undefined) return accepts(this.#blst.Signature, pack(input, offset, [1, 0, 3, 2]));
    return op.G2_isValid(point) === 1 && op.G2_isValidOrder(point) === 1;
  }

  #writeG1(point: number): Uint8Array {
    const output = new Uint8Array(G1_BYTES);
    if (this.#mcl.op.G1_isZero(point)) return output;
    this.#mcl.op.G1_normalize(point, point);
    for (let i = 0; i < 2; i++) this.#mcl.writeFp(output, i * FIELD + PADDING, point + i * FP_SIZE);
    return output;
  }

  #writeG2(point: number): Uint8Array {
    const output = new Uint8Array(G2_BYTES);
    if (this.#mcl.op.G2_isZero(point)) return output;
    this.#mcl.op.G2_normalize(point, point);
    for (let i = 0; i < 4; i++) this.#mcl.writeFp(output, i * FIELD + PADDING, point + i * FP_SIZE);
    return output;
  }
}

/** Whether blst finds the point on the curve and in the subgroup. */
function accepts(group: Blst["PublicKey"], bytes: Uint8Array): boolean {
  try {
    group.fromBytes(bytes, true);
    return true;
  } catch {
    return false;
  }
}

/** The field elements at `offset` without padding, in the given order. */
function pack(input: Uint8Array, offset: number, order: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(order.length * PRIME.length);
  for (let i = 0; i < order.length; i++) {
    const start = offset + order[i]! * FIELD + PADDING;
    bytes.set(input.subarray(start, start + PRIME.length), i * PRIME.length);
  }
  return bytes;
}

/** The fixed points of KZG verification, the second arguments of its pairings prepared for the Miller loop. */
class KzgSetup {
  readonly negativeG1: number;
  readonly negativeG2: number;
  readonly tauG2: number;

  constructor(mcl: Mcl) {
    const point = mcl.alloc(G2_SIZE);
    this.negativeG1 = mcl.alloc(G1_SIZE);
    mcl.deserializeG1(this.negativeG1, G1_GENERATOR);
    mcl.op.G1_neg(this.negativeG1, this.negativeG1);
    mcl.deserializeG2(point, G2_GENERATOR);
    mcl.op.G2_neg(point, point);
    this.negativeG2 = precompute(mcl, point);
    mcl.deserializeG2(point, G2_TAU);
    this.tauG2 = precompute(mcl, point);
  }
}

function precompute(mcl: Mcl, point: number): number {
  const lines = mcl.alloc(8 * mcl.op._getUint64NumToPrecompute());
  mcl.op._precomputeG2(lines, point);
  return lines;
}
