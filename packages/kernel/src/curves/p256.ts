import { createECDH, createHash, createPublicKey, verify } from "node:crypto";
import { FP_SIZE, FR_SIZE, fromHex, G1_SIZE, isBelow, isZero, Mcl, P256 as P256_CURVE } from "./mcl.ts";

const PRIME = fromHex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
const ORDER = fromHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
/** Offsets in the input. */
const HASH = 0;
const R = 32;
const S = 64;
const KEY = 96;

const NO_OUTPUT = new Uint8Array(0);
const NO_MESSAGE = new Uint8Array(0);
const HASH_OF_NO_MESSAGE = Uint8Array.from(createHash("sha256").update(NO_MESSAGE).digest());

/** EIP-7951. The input is 160 bytes: hash, r, s, x, y; the output is the word 1, or nothing when the signature is invalid. */
export class P256 {
  readonly #mcl: Mcl;
  readonly #native: boolean;
  readonly #generator: number;
  readonly #key: number;
  readonly #sum: number;
  readonly #scalars: number;
  readonly #r: number;
  readonly #work: number;
  readonly #ecdh: ReturnType<typeof createECDH> = createECDH("prime256v1");

  private constructor(mcl: Mcl, native: boolean) {
    this.#mcl = mcl;
    this.#native = native;
    this.#generator = mcl.alloc(2 * G1_SIZE);
    this.#key = this.#generator + G1_SIZE;
    this.#sum = mcl.alloc(G1_SIZE);
    this.#scalars = mcl.alloc(2 * FR_SIZE);
    this.#r = mcl.alloc(FR_SIZE);
    this.#work = mcl.alloc(FR_SIZE);
    mcl.op.G1_getBasePoint(this.#generator);
  }

  /** @param native whether OpenSSL verifies; else mcl does, three times slower */
  static async create(native: boolean): Promise<P256> {
    return new P256(await Mcl.create(P256_CURVE, PRIME), native);
  }

  verify(input: Uint8Array): Uint8Array {
    if (!isScalar(input, R) || !isScalar(input, S) || !this.#readPoint(this.#key, input, KEY)) return NO_OUTPUT;
    this.#mcl.readFr(this.#r, input, R);
    const valid = this.#native && this.#moveKey(input) ? this.#verifyNatively(input) : this.#verifyWithMcl(input);
    if (!valid) return NO_OUTPUT;
    const output = new Uint8Array(32);
    output[31] = 1;
    return output;
  }

  // Node verifies signatures of messages, not of hashes. With h the hash of the empty message, r and s sign the hash e under
  // key Q exactly when they sign the empty message under Q' = Q + (e − h)/r · G, because
  // h/s · G + r/s · Q' = e/s · G + r/s · Q. Leaves Q' in #sum; false when it is infinite, which no key can be.
  #moveKey(input: Uint8Array): boolean {
    const { op } = this.#mcl;
    this.#mcl.readFr(this.#scalars, input, HASH);
    this.#mcl.readFr(this.#work, HASH_OF_NO_MESSAGE, 0);
    op.Fr_sub(this.#scalars, this.#scalars, this.#work);
    op.Fr_inv(this.#work, this.#r);
    op.Fr_mul(this.#scalars, this.#scalars, this.#work);
    if (op.Fr_isZero(this.#scalars)) {
      this.#mcl.copy(this.#sum, this.#key, G1_SIZE);
      return true;
    }
    const factor = new Uint8Array(32);
    this.#mcl.writeFr(factor, this.#scalars);
    this.#ecdh.setPrivateKey(factor);
    this.#readPoint(this.#sum, this.#ecdh.getPublicKey(), 1);
    op.G1_add(this.#sum, this.#sum, this.#key);
    if (op.G1_isZero(this.#sum)) return false;
    op.G1_normalize(this.#sum, this.#sum);
    return true;
  }

  #verifyNatively(input: Uint8Array): boolean {
    const bytes = Buffer.alloc(64);
    this.#mcl.writeFp(bytes, 0, this.#sum);
    this.#mcl.writeFp(bytes, 32, this.#sum + FP_SIZE);
    const x = bytes.toString("base64url", 0, 32);
    const y = bytes.toString("base64url", 32, 64);
    const key = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
    return verify("sha256", NO_MESSAGE, { key, dsaEncoding: "ieee-p1363" }, input.subarray(R, R + 64));
  }

  #verifyWithMcl(input: Uint8Array): boolean {
    const { op } = this.#mcl;
    this.#mcl.readFr(this.#scalars, input, HASH);
    this.#mcl.readFr(this.#work, input, S);
    op.Fr_inv(this.#work, this.#work);
    op.Fr_mul(this.#scalars, this.#scalars, this.#work);
    op.Fr_mul(this.#scalars + FR_SIZE, this.#r, this.#work);
    op.G1_mulVec(this.#sum, this.#generator, this.#scalars, 2);
    if (op.G1_isZero(this.#sum)) return false;
    op.G1_normalize(this.#sum, this.#sum);
    const x = new Uint8Array(32);
    this.#mcl.writeFp(x, 0, this.#sum);
    this.#mcl.readFr(this.#work, x, 0);
    return op.Fr_isEqual(this.#work, this.#r) === 1;
  }

  // (0, 0) is not on the curve, so infinity has no encoding.
  #readPoint(target: number, input: Uint8Array, offset: number): boolean {
    if (!this.#mcl.readFp(target, input, offset)) return false;
    if (!this.#mcl.readFp(target + FP_SIZE, input, offset + 32)) return false;
    this.#mcl.op.Fp_setInt32(target + 2 * FP_SIZE, 1);
    return this.#mcl.op.G1_isValid(target) === 1;
  }
}

function isScalar(input: Uint8Array, offset: number): boolean {
  return !isZero(input, offset, offset + 32) && isBelow(input, offset, ORDER);
}
