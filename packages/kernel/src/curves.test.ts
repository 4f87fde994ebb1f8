import { createRequire } from "node:module";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { bn254 } from "@noble/curves/bn254.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { KzgWorker } from "./curves/kzg-worker.ts";
import { type Curves, createCurves } from "./curves.ts";

const ID = {
  ecrecover: 1,
  bnAdd: 6,
  bnMul: 7,
  bnPairing: 8,
  kzg: 10,
  g1Add: 11,
  g1Msm: 12,
  g2Add: 13,
  g2Msm: 14,
  pairing: 15,
  mapG1: 16,
  mapG2: 17,
  p256: 18,
} as const;

let native: Curves;
let portable: Curves;

beforeAll(async () => {
  [native, portable] = await Promise.all([createCurves(), createCurves({ native: false })]);
});

/** The answer of both configurations, as hex; `undefined` when the precompile fails. */
function run(id: number, ...parts: Uint8Array[]): string | undefined {
  const input = concat(...parts);
  const answer = native(id, input);
  expect(portable(id, input)).toEqual(answer);
  return answer === undefined ? undefined : toHex(answer);
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function big(value: bigint, length: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex"));
}

const ONE = toHex(big(1n, 32));
const ZERO = toHex(big(0n, 32));
const scalar = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });

/** Deterministic scalars below `order` for points. */
function factors(count: number, order: bigint): bigint[] {
  return Array.from({ length: count }, (_, i) => (BigInt(`0x${toHex(sha256(Uint8Array.of(i)))}`) % (order - 1n)) + 1n);
}

describe("ecrecover", () => {
  const key = big(0xc0ffeen, 32);
  const hash = sha256(Uint8Array.of(1));
  const publicKey = toHex(secp256k1.getPublicKey(key, false).slice(1));
  const n = secp256k1.Point.Fn.ORDER;
  const signature = secp256k1.Signature.fromBytes(
    secp256k1.sign(hash, key, { prehash: false, format: "recovered" }),
    "recovered",
  );
  const { r, s } = signature;
  const v = BigInt(27 + signature.recovery!);
  const recover = (v: bigint, r: bigint, s: bigint): string | undefined =>
    run(ID.ecrecover, hash, big(v, 32), big(r, 32), big(s, 32));

  test("recovers the signer, also from a high s", () => {
    expect(recover(v, r, s)).toBe(publicKey);
    expect(recover(55n - v, r, n - s)).toBe(publicKey);
  });

  test("gives nothing for values out of range", () => {
    for (const bad of [0n, 1n, 26n, 29n, 256n + v]) expect(recover(bad, r, s)).toBe("");
    for (const bad of [0n, n, n + 1n, (1n << 256n) - 1n]) {
      expect(recover(v, bad, s)).toBe("");
      expect(recover(v, r, bad)).toBe("");
    }
  });

  test("agrees with noble on arbitrary r and s", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(1), scalar, scalar, (hash, bit, r, s) => {
        let expected = "";
        try {
          const point = new secp256k1.Signature(r, s).addRecoveryBit(bit).recoverPublicKey(hash);
          expected = toHex(point.toBytes(false).slice(1));
        } catch {
          expected = "";
        }
        expect(run(ID.ecrecover, hash, big(BigInt(27 + bit), 32), big(r, 32), big(s, 32))).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });
});

describe("bn254", () => {
  type G1 = typeof bn254.G1.Point.BASE;
  type G2 = typeof bn254.G2.Point.BASE;
  const p = bn254.fields.Fp.ORDER;
  const r = bn254.fields.Fr.ORDER;
  const encode1 = (point: G1): Uint8Array => {
    if (point.is0()) return new Uint8Array(64);
    const { x, y } = point.toAffine();
    return concat(big(x, 32), big(y, 32));
  };
  const encode2 = (point: G2): Uint8Array => {
    if (point.is0()) return new Uint8Array(128);
    const { x, y } = point.toAffine();
    return concat(big(x.c1, 32), big(x.c0, 32), big(y.c1, 32), big(y.c0, 32));
  };
  const g1 = bn254.G1.Point.BASE;
  const g2 = bn254.G2.Point.BASE;

  test("adds and multiplies as noble does, infinity and doubling included", () => {
    const points = [bn254.G1.Point.ZERO, g1, g1.negate(), ...factors(4, r).map((f) => g1.multiply(f))];
    for (const a of points) {
      for (const b of points) expect(run(ID.bnAdd, encode1(a), encode1(b))).toBe(toHex(encode1(a.add(b))));
      for (const f of [0n, 1n, r - 1n, r, r + 1n, (1n << 256n) - 1n, ...factors(2, r)]) {
        const expected = a.is0() || f % r === 0n ? bn254.G1.Point.ZERO : a.multiply(f % r);
        expect(run(ID.bnMul, encode1(a), big(f, 32))).toBe(toHex(encode1(expected)));
      }
    }
  });

  test("rejects points off the curve and coordinates not below the prime", () => {
    for (const [x, y] of [
      [1n, 1n],
      [p + 1n, 2n],
      [1n, p + 2n],
      [0n, p],
      [p, 0n],
      [0n, 1n],
    ] as const) {
      expect(run(ID.bnAdd, big(x, 32), big(y, 32), new Uint8Array(64))).toBeUndefined();
      expect(run(ID.bnMul, big(x, 32), big(y, 32), big(3n, 32))).toBeUndefined();
      expect(run(ID.bnPairing, big(x, 32), big(y, 32), new Uint8Array(128))).toBeUndefined();
    }
    const good = encode2(g2);
    for (let i = 0; i < 4; i++) {
      const bad = good.slice();
      bad.set(big(p + (BigInt(`0x${toHex(good.subarray(32 * i, 32 * i + 32))}`) % (1n << 253n)), 32), 32 * i);
      expect(run(ID.bnPairing, encode1(g1), bad)).toBeUndefined();
    }
  });

  test("decides pairing products of any number of pairs", () => {
    expect(run(ID.bnPairing)).toBe(ONE);
    expect(run(ID.bnPairing, encode1(g1), encode2(g2))).toBe(ZERO);
    expect(run(ID.bnPairing, encode1(g1), new Uint8Array(128), new Uint8Array(64), encode2(g2))).toBe(ONE);
    for (const count of [1, 15, 16, 17]) {
      const scalars = factors(count, r);
      const pairs = scalars.flatMap((f) => [encode1(g1.multiply(f)), encode2(g2)]);
      const sum = scalars.reduce((a, b) => a + b) % r;
      expect(run(ID.bnPairing, ...pairs, encode1(g1.negate()), encode2(g2.multiply(sum)))).toBe(ONE);
      expect(run(ID.bnPairing, ...pairs, encode1(g1.negate()), encode2(g2.multiply(sum + 1n)))).toBe(ZERO);
    }
  });

  test("rejects points of the twist outside the subgroup, whatever their order", () => {
    const { Fp2 } = bn254.fields;
    const cofactor = 2n * p - r;
    const b = Fp2.div({ c0: 3n, c1: 0n }, { c0: 9n, c1: 1n });
    const times = (point: G2, factor: bigint): G2 => {
      let sum = bn254.G2.Point.ZERO;
      for (const bit of factor.toString(2)) {
        sum = sum.double();
        if (bit === "1") sum = sum.add(point);
      }
      return sum;
    };
    let found = 0;
    for (let i = 1n; found < 4; i++) {
      const x = { c0: i, c1: 2n * i };
      let y: typeof x;
      try {
        y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), b));
      } catch {
        continue;
      }
      found++;
      const point = bn254.G2.Point.fromAffine({ x, y });
      const accepted = (q: G2): boolean => run(ID.bnPairing, new Uint8Array(64), encode2(q)) === ONE;
      expect(accepted(point)).toBe(false);
      expect(accepted(times(point, r))).toBe(false);
      expect(accepted(times(point, cofactor))).toBe(true);
      for (const order of [10069n, 5864401n, 1875725156269n]) {
        expect(cofactor % order).toBe(0n);
        const small = times(times(point, r), cofactor / order);
        expect(accepted(small)).toBe(false);
        expect(accepted(small.add(g2))).toBe(false);
      }
    }
  });
});

describe("BLS12-381", () => {
  type G1 = typeof bls12_381.G1.Point.BASE;
  type G2 = typeof bls12_381.G2.Point.BASE;
  const { Fp, Fp2, Fr } = bls12_381.fields;
  const p = Fp.ORDER;
  const r = Fr.ORDER;
  const g1 = bls12_381.G1.Point.BASE;
  const g2 = bls12_381.G2.Point.BASE;
  const encode1 = (point: G1): Uint8Array => {
    if (point.is0()) return new Uint8Array(128);
    const { x, y } = point.toAffine();
    return concat(big(x, 64), big(y, 64));
  };
  const encode2 = (point: G2): Uint8Array => {
    if (point.is0()) return new Uint8Array(256);
    const { x, y } = point.toAffine();
    return concat(big(x.c0, 64), big(x.c1, 64), big(y.c0, 64), big(y.c1, 64));
  };

  /** Points of the curves that are not in the subgroups. */
  function outside1(): G1 {
    for (let x = 1n; ; x++) {
      try {
        const point = bls12_381.G1.Point.fromAffine({ x, y: Fp.sqrt(Fp.create(x ** 3n + 4n)) });
        if (!point.isTorsionFree()) return point;
      } catch {}
    }
  }
  function outside2(): G2 {
    for (let i = 1n; ; i++) {
      try {
        const x = { c0: i, c1: 0n };
        const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), { c0: 4n, c1: 4n }));
        const point = bls12_381.G2.Point.fromAffine({ x, y });
        if (!point.isTorsionFree()) return point;
      } catch {}
    }
  }

  test("adds as noble does, also outside the subgroup", () => {
    const points1 = [bls12_381.G1.Point.ZERO, g1, g1.negate(), outside1(), ...factors(3, r).map((f) => g1.multiply(f))];
    for (const a of points1) {
      for (const b of points1) expect(run(ID.g1Add, encode1(a), encode1(b))).toBe(toHex(encode1(a.add(b))));
    }
    const points2 = [bls12_381.G2.Point.ZERO, g2, g2.negate(), outside2(), ...factors(3, r).map((f) => g2.multiply(f))];
    for (const a of points2) {
      for (const b of points2) expect(run(ID.g2Add, encode2(a), encode2(b))).toBe(toHex(encode2(a.add(b))));
    }
  });

  test("sums multiples as noble does", () => {
    const unreduced = [0n, 1n, r, r + 5n, (1n << 256n) - 1n];
    for (const scalars of [[7n], [0n], [r - 1n], factors(3, r), unreduced, factors(40, r)]) {
      const points1 = scalars.map((_, i) => (i === 1 ? bls12_381.G1.Point.ZERO : g1.multiply(BigInt(i + 1))));
      const points2 = scalars.map((_, i) => (i === 1 ? bls12_381.G2.Point.ZERO : g2.multiply(BigInt(i + 1))));
      const total = scalars.reduce((sum, f, i) => (i === 1 ? sum : sum + f * BigInt(i + 1)), 0n) % r;
      const expected1 = total === 0n ? bls12_381.G1.Point.ZERO : g1.multiply(total);
      const expected2 = total === 0n ? bls12_381.G2.Point.ZERO : g2.multiply(total);
      const pairs1 = scalars.flatMap((f, i) => [encode1(points1[i]!), big(f, 32)]);
      const pairs2 = scalars.flatMap((f, i) => [encode2(points2[i]!), big(f, 32)]);
      expect(run(ID.g1Msm, ...pairs1)).toBe(toHex(encode1(expected1)));
      expect(run(ID.g2Msm, ...pairs2)).toBe(toHex(encode2(expected2)));
    }
  });

  test("sums more terms than it handles at a time", () => {
    const count = 1025n;
    const total = (count * (count + 1n)) / 2n;
    const scalars = Array.from({ length: Number(count) }, (_, i) => big(BigInt(i + 1), 32));
    const pairs1 = scalars.flatMap((f) => [encode1(g1), f]);
    const pairs2 = scalars.flatMap((f) => [encode2(g2), f]);
    expect(run(ID.g1Msm, ...pairs1)).toBe(toHex(encode1(g1.multiply(total))));
    expect(run(ID.g2Msm, ...pairs2)).toBe(toHex(encode2(g2.multiply(total))));
  });

  test("asks for the subgroup in sums and pairings", () => {
    expect(run(ID.g1Msm, encode1(outside1()), big(0n, 32))).toBeUndefined();
    expect(run(ID.g2Msm, encode2(outside2()), big(1n, 32))).toBeUndefined();
    expect(run(ID.pairing, encode1(outside1()), new Uint8Array(256))).toBeUndefined();
    expect(run(ID.pairing, new Uint8Array(128), encode2(outside2()))).toBeUndefined();
  });

  test("rejects points off the curve, padding and coordinates not below the prime", () => {
    const bad1 = [concat(big(1n, 64), big(1n, 64)), concat(big(p, 64), big(0n, 64)), concat(big(0n, 64), big(p, 64))];
    const padded = encode1(g1);
    padded[15] = 1;
    for (const bad of [...bad1, padded, concat(big(p + g1.toAffine().x, 64), big(g1.toAffine().y, 64))]) {
      expect(run(ID.g1Add, bad, encode1(g1))).toBeUndefined();
      expect(run(ID.g1Add, encode1(g1), bad)).toBeUndefined();
      expect(run(ID.g1Msm, bad, big(1n, 32))).toBeUndefined();
      expect(run(ID.pairing, bad, encode2(g2))).toBeUndefined();
    }
    for (let i = 0; i < 4; i++) {
      const bad = encode2(g2);
      bad.set(big(p + BigInt(`0x${toHex(bad.subarray(64 * i, 64 * i + 64))}`), 64), 64 * i);
      expect(run(ID.g2Add, bad, encode2(g2))).toBeUndefined();
      expect(run(ID.g2Msm, bad, big(1n, 32))).toBeUndefined();
    }
    expect(run(ID.mapG1, big(p, 64))).toBeUndefined();
    expect(run(ID.mapG2, big(0n, 64), big(p, 64))).toBeUndefined();
    expect(run(ID.mapG1, big(1n << 384n, 64))).toBeUndefined();
  });

  test("decides pairing products of any number of pairs", () => {
    expect(run(ID.pairing, encode1(g1), encode2(g2))).toBe(ZERO);
    expect(run(ID.pairing, encode1(g1), new Uint8Array(256), new Uint8Array(128), encode2(g2))).toBe(ONE);
    for (const count of [1, 15, 16]) {
      const scalars = factors(count, r);
      const pairs = scalars.flatMap((f) => [encode1(g1.multiply(f)), encode2(g2)]);
      const sum = scalars.reduce((a, b) => a + b) % r;
      expect(run(ID.pairing, ...pairs, encode1(g1.negate()), encode2(g2.multiply(sum)))).toBe(ONE);
      expect(run(ID.pairing, ...pairs, encode1(g1), encode2(g2.multiply(sum)))).toBe(ZERO);
    }
  });

  test("maps field elements to the points of RFC 9380", () => {
    for (const u of [0n, 1n, 2n, p - 1n, p >> 1n, ...factors(8, p)]) {
      expect(run(ID.mapG1, big(u, 64))).toBe(
        toHex(encode1(bls12_381.G1.mapToCurve(u as unknown as bigint[]) as unknown as G1)),
      );
      for (const v of [0n, 1n, u, p - 1n]) {
        expect(run(ID.mapG2, big(u, 64), big(v, 64))).toBe(
          toHex(encode2(bls12_381.G2.mapToCurve([u, v]) as unknown as G2)),
        );
      }
    }
  });
});

describe("KZG point evaluation", () => {
  const kzg = createRequire(import.meta.url)("c-kzg") as typeof import("c-kzg");
  const order = bls12_381.fields.Fr.ORDER;
  const output = toHex(concat(big(4096n, 32), big(order, 32)));
  const infinity = concat(Uint8Array.of(0xc0), new Uint8Array(47));

  function check(commitment: Uint8Array, z: Uint8Array, y: Uint8Array, proof: Uint8Array): string | undefined {
    const hash = sha256(commitment);
    hash[0] = 1;
    return run(ID.kzg, hash, z, y, commitment, proof);
  }

  /** Claims in the encoding of the precompile after the versioned hash: true, false and malformed. */
  function* claims(): Generator<[commitment: Uint8Array, z: Uint8Array, y: Uint8Array, proof: Uint8Array]> {
    for (const fill of [0, 1, 200]) {
      const blob = Uint8Array.from({ length: 131072 }, (_, i) => (i % 32 === 31 ? (fill * i) & 0xff : 0));
      const commitment = kzg.blobToKzgCommitment(blob);
      for (const z of [0n, 1n, order - 1n, factors(1, order)[0]!]) {
        const [proof, y] = kzg.computeKzgProof(blob, big(z, 32));
        const value = BigInt(`0x${toHex(y)}`);
        const point = big(z, 32);
        yield [commitment, point, y, proof];
        yield [commitment, point, big((value + 1n) % order, 32), proof];
        yield [commitment, point, y, Uint8Array.from(proof, (byte, i) => (i === 0 ? byte ^ 0x20 : byte))];
        yield [commitment, point, y, Uint8Array.from(proof, (byte, i) => (i === 0 ? byte & 0x7f : byte))];
        yield [commitment, point, y, infinity];
        yield [infinity, point, y, proof];
        yield [commitment, big(z + order, 32), y, proof];
        yield [commitment, point, big(value + order, 32), proof];
      }
    }
    const zero = new Uint8Array(32);
    for (const first of [0x00, 0x40, 0x80, 0xa0, 0xc0, 0xc1, 0xe0]) {
      for (const last of [0, 1, 2, 3, 4]) {
        const bytes = concat(Uint8Array.of(first), new Uint8Array(46), Uint8Array.of(last));
        yield [bytes, zero, zero, infinity];
        yield [infinity, zero, zero, bytes];
      }
    }
  }

  function expected(...claim: [Uint8Array, Uint8Array, Uint8Array, Uint8Array]): boolean {
    try {
      return kzg.verifyKzgProof(...claim);
    } catch {
      return false;
    }
  }

  test("agrees with c-kzg, before and after its thread has taken over", async () => {
    kzg.loadTrustedSetup(0);
    const worker = KzgWorker.start()!;
    let trueClaims = 0;
    for (const claim of claims()) {
      const valid = expected(...claim);
      if (valid) trueClaims++;
      expect(check(...claim)).toBe(valid ? output : undefined);
    }
    expect(trueClaims).toBeGreaterThanOrEqual(12);
    await expect
      .poll(() => worker.verify(infinity, big(1n, 32), big(0n, 32), infinity), { timeout: 30_000 })
      .toBe(true);
    for (const claim of claims()) {
      expect(worker.verify(...claim)).toBe(expected(...claim));
      expect(check(...claim)).toBe(expected(...claim) ? output : undefined);
    }
  });

  test("ties the commitment to the versioned hash", () => {
    const zero = new Uint8Array(32);
    expect(run(ID.kzg, sha256(infinity), zero, zero, infinity, infinity)).toBeUndefined();
    expect(check(infinity, zero, zero, infinity)).toBe(output);
  });
});

describe("P256VERIFY", () => {
  const { ORDER: p } = p256.Point.Fp;
  const { ORDER: n } = p256.Point.Fn;

  const verify = (hash: Uint8Array, r: bigint, s: bigint, x: bigint, y: bigint): string | undefined =>
    run(ID.p256, hash, big(r, 32), big(s, 32), big(x, 32), big(y, 32));

  test("accepts signatures and nothing near them", () => {
    for (const [i, key] of factors(5, n).entries()) {
      const hash = i === 0 ? new Uint8Array(32) : i === 1 ? new Uint8Array(32).fill(0xff) : sha256(Uint8Array.of(i));
      const { x, y } = p256.Point.BASE.multiply(key).toAffine();
      const { r, s } = p256.Signature.fromBytes(p256.sign(hash, big(key, 32), { prehash: false, lowS: false }));
      expect(verify(hash, r, s, x, y)).toBe(ONE);
      expect(verify(hash, r, n - s, x, y)).toBe(ONE);
      expect(verify(sha256(hash), r, s, x, y)).toBe("");
      for (const bad of [0n, n, n + r, (1n << 256n) - 1n, (r + 1n) % n]) {
        if (bad >> 256n !== 0n) continue;
        expect(verify(hash, bad, s, x, y)).toBe("");
        expect(verify(hash, r, bad === r + 1n ? s + 1n : bad, x, y)).toBe("");
      }
      for (const [badX, badY] of [
        [x, p - y],
        [x, y + 1n],
        [0n, 0n],
        [p, y],
        [x, p],
      ] as const) {
        // With hash 0 only the key's part counts, and its negative has the same x.
        expect(verify(hash, r, s, badX, badY)).toBe(i === 0 && badY === p - y ? ONE : "");
      }
    }
  });

  test("handles sums that are infinite, doublings, and an x above the order", () => {
    const base = p256.Point.BASE.toAffine();
    const inverse = (value: bigint): bigint => p256.Point.Fn.inv(value % n);
    // With the key G: u1 + u2 = 0 makes the sum infinite, u1 = u2 doubles, hash 0 leaves only the key's part.
    const r = 5n;
    expect(verify(big(n - r, 32), r, 1n, base.x, base.y)).toBe("");
    const doubled = p256.Point.BASE.double().toAffine().x % n;
    expect(verify(big(doubled, 32), doubled, doubled, base.x, base.y)).toBe(ONE);
    const tripled = p256.Point.BASE.multiply(3n).toAffine().x % n;
    expect(verify(big(0n, 32), tripled, (tripled * inverse(3n)) % n, base.x, base.y)).toBe(ONE);
    // The hash moves the key onto infinity in the native verification.
    const empty = BigInt(`0x${toHex(sha256(new Uint8Array()))}`);
    for (const key of [1n, 77n]) {
      const { x, y } = p256.Point.BASE.multiply(key).toAffine();
      for (const [value, sum] of [
        [(((empty - key * tripled) % n) + n) % n, empty],
        [empty, (empty + key * tripled) % n],
      ] as const) {
        const s = (sum * inverse(3n)) % n;
        expect(verify(big(value, 32), tripled, s, x, y)).toBe(ONE);
        expect(verify(big(value, 32), tripled, s + 1n, x, y)).toBe("");
      }
    }
    // x = r + n < p: the sum is a point with such an x, the key is chosen to reach it.
    for (let small = 1n; ; small++) {
      let point: typeof p256.Point.BASE;
      try {
        point = p256.Point.fromBytes(concat(Uint8Array.of(2), big(small + n, 32)));
      } catch {
        continue;
      }
      const key = point.multiply(inverse(small)).toAffine();
      expect(verify(big(0n, 32), small, 1n, key.x, key.y)).toBe(ONE);
      break;
    }
  });

  test("agrees with noble on arbitrary input", () => {
    fc.assert(
      fc.property(scalar, scalar, scalar, fc.bigInt({ min: 1n, max: n - 1n }), (hash, r, s, key) => {
        const { x, y } = p256.Point.BASE.multiply(key).toAffine();
        expect(verify(big(hash, 32), r, s, x, y)).toBe("");
        expect(verify(big(hash, 32), r, s, r, s)).toBe("");
      }),
      { numRuns: 30 },
    );
  });
});
