import { createHash } from "node:crypto";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { bn254 } from "@noble/curves/bn254.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";

/** An input on which a precompile does close to the most work for its gas. */
export interface PrecompileSample {
  /** The address as a number. */
  readonly address: number;
  readonly name: string;
  readonly input: Uint8Array;
  /** Price under Osaka. */
  readonly gas: bigint;
}

/** Inputs for measuring every precompile in gas per second; deterministic. */
export function precompileSamples(): PrecompileSample[] {
  return [...hashSamples(), ...modexpSamples(), ...secp256k1Samples(), ...bn254Samples(), ...blsSamples()];
}

function sample(address: number, name: string, gas: number, ...parts: Uint8Array[]): PrecompileSample {
  return { address, name, gas: BigInt(gas), input: concat(...parts) };
}

function hashSamples(): PrecompileSample[] {
  const blake = (rounds: number): Uint8Array => concat(big(BigInt(rounds), 4), random(208, 1), Uint8Array.of(1));
  return [
    sample(0x02, "SHA256, 0 bytes", 60),
    sample(0x02, "SHA256, 4 KiB", 60 + 12 * 128, random(4096, 1)),
    sample(0x03, "RIPEMD160, 0 bytes", 600),
    sample(0x03, "RIPEMD160, 4 KiB", 600 + 120 * 128, random(4096, 1)),
    sample(0x04, "identity, 64 KiB", 15 + 3 * 2048, random(65536, 1)),
    sample(0x09, "BLAKE2F, 12 rounds", 12, blake(12)),
    sample(0x09, "BLAKE2F, 1 M rounds", 1_000_000, blake(1_000_000)),
  ];
}

function modexpSamples(): PrecompileSample[] {
  const modexp = (base: Uint8Array, exponent: Uint8Array, modulus: Uint8Array): Uint8Array => {
    const lengths = [base, exponent, modulus].map((part) => big(BigInt(part.length), 32));
    return concat(...lengths, base, exponent, modulus);
  };
  const ones = (length: number): Uint8Array => new Uint8Array(length).fill(0xff);
  const odd = (length: number): Uint8Array => concat(ones(length - 1), Uint8Array.of(0x0d));
  const even = (length: number): Uint8Array => concat(ones(length >> 1), new Uint8Array(length - (length >> 1)));
  return [
    sample(0x05, "modexp, 32 bytes, 31-bit exponent", 500, modexp(ones(32), big(0x7fffffffn, 4), odd(32))),
    sample(0x05, "modexp, 32 bytes", 16 * 255, modexp(ones(32), ones(32), odd(32))),
    sample(0x05, "modexp, 40 bytes", 50 * 255, modexp(ones(40), ones(32), odd(40))),
    sample(0x05, "modexp, 32 bytes, even", 16 * 255, modexp(ones(32), ones(32), even(32))),
    sample(0x05, "modexp, 256 bytes, exponent 3", 2048, modexp(ones(256), Uint8Array.of(3), odd(256))),
    sample(0x05, "modexp, 1024 bytes, exponent 3", 32768, modexp(ones(1024), Uint8Array.of(3), odd(1024))),
    sample(0x05, "modexp, 1024 bytes", 32768 * 255, modexp(ones(1024), ones(32), odd(1024))),
    sample(0x05, "modexp, 1024 bytes, even", 32768 * 255, modexp(ones(1024), ones(32), even(1024))),
  ];
}

function secp256k1Samples(): PrecompileSample[] {
  const key = random(32, 1);
  const hash = random(32, 2);
  const { r, s, recovery } = secp256k1.Signature.fromBytes(
    secp256k1.sign(hash, key, { prehash: false, format: "recovered" }),
    "recovered",
  );
  const recover = concat(hash, big(BigInt(27 + recovery!), 32), big(r, 32), big(s, 32));
  const { x, y } = p256.Point.BASE.multiply(scalar(3, p256.Point.Fn.ORDER)).toAffine();
  const order = p256.Point.Fn.ORDER;
  const claim = [big(scalar(4, order), 32), big(scalar(5, order), 32), big(x, 32), big(y, 32)];
  return [
    sample(0x01, "ECRECOVER", 3000, recover),
    sample(0x01, "ECRECOVER, invalid", 3000, hash, big(27n, 32), new Uint8Array(32).fill(0xff), big(s, 32)),
    sample(0x100, "P256VERIFY", 6900, hash, ...claim),
  ];
}

function bn254Samples(): PrecompileSample[] {
  const order = bn254.fields.Fr.ORDER;
  const g1 = (seed: number): Uint8Array => {
    const { x, y } = bn254.G1.Point.BASE.multiply(scalar(seed, order)).toAffine();
    return concat(big(x, 32), big(y, 32));
  };
  const { x, y } = bn254.G2.Point.BASE.multiply(scalar(9, order)).toAffine();
  const pair = concat(g1(1), big(x.c1, 32), big(x.c0, 32), big(y.c1, 32), big(y.c0, 32));
  return [
    sample(0x06, "bn254 add", 150, g1(1), g1(2)),
    sample(0x06, "bn254 add, invalid", 150, new Uint8Array(128).fill(1)),
    sample(0x07, "bn254 mul", 6000, g1(1), new Uint8Array(32).fill(0xff)),
    sample(0x08, "bn254 pairing, 0 pairs", 45000),
    sample(0x08, "bn254 pairing, 1 pair", 45000 + 34000, pair),
    sample(0x08, "bn254 pairing, 2 pairs", 45000 + 2 * 34000, pair, pair),
    sample(0x08, "bn254 pairing, 16 pairs", 45000 + 16 * 34000, ...Array.from({ length: 16 }, () => pair)),
  ];
}

function blsSamples(): PrecompileSample[] {
  const order = bls12_381.fields.Fr.ORDER;
  const g1 = (seed: number): Uint8Array => {
    const { x, y } = bls12_381.G1.Point.BASE.multiply(scalar(seed, order)).toAffine();
    return concat(big(x, 64), big(y, 64));
  };
  const g2 = (seed: number): Uint8Array => {
    const { x, y } = bls12_381.G2.Point.BASE.multiply(scalar(seed, order)).toAffine();
    return concat(big(x.c0, 64), big(x.c1, 64), big(y.c0, 64), big(y.c1, 64));
  };
  const field = concat(new Uint8Array(17), random(47, 1));
  const many = (count: number, point: (seed: number) => Uint8Array): Uint8Array =>
    concat(...Array.from({ length: count }, (_, i) => concat(point(i), random(32, i))));
  const pairs = (count: number): Uint8Array => concat(...Array.from({ length: count }, (_, i) => concat(g1(i), g2(i))));
  return [
    kzgSample(),
    sample(0x0b, "BLS12-381 G1 add", 375, g1(1), g1(2)),
    sample(0x0c, "BLS12-381 G1 MSM, 1 pair", 12000, many(1, g1)),
    sample(0x0c, "BLS12-381 G1 MSM, 128 pairs", (128 * 12000 * 519) / 1000, many(128, g1)),
    sample(0x0d, "BLS12-381 G2 add", 600, g2(1), g2(2)),
    sample(0x0e, "BLS12-381 G2 MSM, 1 pair", 22500, many(1, g2)),
    sample(0x0e, "BLS12-381 G2 MSM, 128 pairs", (128 * 22500 * 524) / 1000, many(128, g2)),
    sample(0x0f, "BLS12-381 pairing, 1 pair", 37700 + 32600, pairs(1)),
    sample(0x0f, "BLS12-381 pairing, 2 pairs", 37700 + 2 * 32600, pairs(2)),
    sample(0x0f, "BLS12-381 pairing, 16 pairs", 37700 + 16 * 32600, pairs(16)),
    sample(0x10, "BLS12-381 map to G1", 5500, field),
    sample(0x11, "BLS12-381 map to G2", 23800, field, field),
  ];
}

/** A false claim about a random commitment: it costs as much as a true one. */
function kzgSample(): PrecompileSample {
  const point = (seed: number): Uint8Array =>
    bls12_381.G1.Point.BASE.multiply(scalar(seed, bls12_381.fields.Fr.ORDER)).toBytes(true);
  const hash = Uint8Array.from(createHash("sha256").update(point(1)).digest());
  hash[0] = 1;
  return sample(0x0a, "KZG point evaluation", 50000, hash, big(5n, 32), big(6n, 32), point(1), point(2));
}

function random(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 32) {
    const block = createHash("sha256").update(`${seed}:${i}`).digest();
    bytes.set(block.subarray(0, Math.min(32, length - i)), i);
  }
  return bytes;
}

function scalar(seed: number, order: bigint): bigint {
  return (BigInt(`0x${Buffer.from(random(32, seed)).toString("hex")}`) % (order - 1n)) + 1n;
}

function big(value: bigint, length: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex"));
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
