import { createHash } from "node:crypto";

/** An input on which a precompile does close to the most work for its gas. */
export interface PrecompileSample {
  readonly name: string;
  readonly address: number;
  readonly input: Uint8Array;
  /** Price under Osaka. */
  readonly gas: number;
}

const BN254_G1 = word(1n) + word(2n);
const BN254_G1_DOUBLED =
  "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3" +
  "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4";
const BN254_G2 =
  "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2" +
  "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed" +
  "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b" +
  "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";
const BLS_G1_X = "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";
const BLS_G1_Y = "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";
const BLS_G1 = padded(BLS_G1_X) + padded(BLS_G1_Y);
const BLS_G2 = [
  "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8",
  "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e",
  "0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801",
  "0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be",
]
  .map(padded)
  .join("");
const SECP256K1_X = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const P256_G =
  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" +
  "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

/** Inputs for measuring every precompile in gas per second; deterministic. */
export function precompileSamples(): PrecompileSample[] {
  return [...hashSamples(), ...modexpSamples(), ...curveSamples(), ...bn254Samples(), ...blsSamples(), kzgSample()];
}

function hashSamples(): PrecompileSample[] {
  const blake = (rounds: number): string => `${word(BigInt(rounds)).slice(56)}${random(208)}01`;
  return [
    sample(0x02, "SHA256, 0 bytes", 60, ""),
    sample(0x02, "SHA256, 4 KiB", 60 + 12 * 128, random(4096)),
    sample(0x03, "RIPEMD160, 0 bytes", 600, ""),
    sample(0x03, "RIPEMD160, 4 KiB", 600 + 120 * 128, random(4096)),
    sample(0x04, "identity, 4 KiB", 15 + 3 * 128, random(4096)),
    sample(0x09, "BLAKE2F, 12 rounds", 12, blake(12)),
    sample(0x09, "BLAKE2F, 1 M rounds", 1_000_000, blake(1_000_000)),
  ];
}

function modexpSamples(): PrecompileSample[] {
  const modexp = (base: string, exponent: string, modulus: string): string =>
    [base, exponent, modulus].map((part) => word(BigInt(part.length / 2))).join("") + base + exponent + modulus;
  const ones = (length: number): string => "ff".repeat(length);
  const odd = (length: number): string => `${ones(length - 1)}0d`;
  const even = (length: number): string => ones(length / 2) + "00".repeat(length / 2);
  return [
    sample(0x05, "modexp, 32 bytes, 31-bit exponent", 500, modexp(ones(32), "7fffffff", odd(32))),
    sample(0x05, "modexp, 32 bytes", 16 * 255, modexp(ones(32), ones(32), odd(32))),
    sample(0x05, "modexp, 40 bytes", 50 * 255, modexp(ones(40), ones(32), odd(40))),
    sample(0x05, "modexp, 32 bytes, even", 16 * 255, modexp(ones(32), ones(32), even(32))),
    sample(0x05, "modexp, 256 bytes, exponent 3", 2048, modexp(ones(256), "03", odd(256))),
    sample(0x05, "modexp, 1024 bytes, exponent 3", 32768, modexp(ones(1024), "03", odd(1024))),
    sample(0x05, "modexp, 1024 bytes", 32768 * 255, modexp(ones(1024), ones(32), odd(1024))),
    sample(0x05, "modexp, 1024 bytes, even", 32768 * 255, modexp(ones(1024), ones(32), even(1024))),
  ];
}

function curveSamples(): PrecompileSample[] {
  const s = word(12345n);
  return [
    sample(0x01, "ECRECOVER", 3000, random(32) + word(27n) + SECP256K1_X + random(32)),
    sample(0x01, "ECRECOVER, invalid", 3000, random(32) + word(27n) + "ff".repeat(32) + s),
    sample(0x100, "P256VERIFY", 6900, random(32) + s + random(32).replace(/^../, "7f") + P256_G),
  ];
}

function bn254Samples(): PrecompileSample[] {
  const pair = BN254_G1 + BN254_G2;
  return [
    sample(0x06, "bn254 add", 150, BN254_G1 + BN254_G1_DOUBLED),
    sample(0x06, "bn254 add, invalid", 150, "01".repeat(128)),
    sample(0x07, "bn254 mul", 6000, BN254_G1_DOUBLED + "ff".repeat(32)),
    sample(0x08, "bn254 pairing, 2 pairs", 45000 + 2 * 34000, pair.repeat(2)),
    sample(0x08, "bn254 pairing, 16 pairs", 45000 + 16 * 34000, pair.repeat(16)),
  ];
}

function blsSamples(): PrecompileSample[] {
  const pair = BLS_G1 + BLS_G2;
  const field = padded(`00${random(47)}`);
  const sum = (count: number, point: string): string =>
    Array.from({ length: count }, (_, i) => point + random(32, i)).join("");
  return [
    sample(0x0b, "BLS12-381 G1 add", 375, BLS_G1.repeat(2)),
    sample(0x0c, "BLS12-381 G1 MSM, 1 pair", 12000, sum(1, BLS_G1)),
    sample(0x0c, "BLS12-381 G1 MSM, 128 pairs", (128 * 12000 * 519) / 1000, sum(128, BLS_G1)),
    sample(0x0d, "BLS12-381 G2 add", 600, BLS_G2.repeat(2)),
    sample(0x0e, "BLS12-381 G2 MSM, 1 pair", 22500, sum(1, BLS_G2)),
    sample(0x0e, "BLS12-381 G2 MSM, 128 pairs", (128 * 22500 * 524) / 1000, sum(128, BLS_G2)),
    sample(0x0f, "BLS12-381 pairing, 2 pairs", 37700 + 2 * 32600, pair.repeat(2)),
    sample(0x0f, "BLS12-381 pairing, 16 pairs", 37700 + 16 * 32600, pair.repeat(16)),
    sample(0x10, "BLS12-381 map to G1", 5500, field),
    sample(0x11, "BLS12-381 map to G2", 23800, field + field),
  ];
}

/** A false claim, which costs as much as a true one. */
function kzgSample(): PrecompileSample {
  const commitment = compressed(BLS_G1_X);
  const versioned = `01${hash(Buffer.from(commitment, "hex")).slice(2)}`;
  return sample(0x0a, "KZG point evaluation", 50000, versioned + word(5n) + word(7n) + commitment + commitment);
}

function sample(address: number, name: string, gas: number, hex: string): PrecompileSample {
  return { name, address, input: Uint8Array.from(Buffer.from(hex, "hex")), gas };
}

/** `length` bytes as hex that depend on `seed` alone. */
function random(length: number, seed: number = 0): string {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => hash(Buffer.from(`${seed}:${i}`)));
  return blocks.join("").slice(0, 2 * length);
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function word(value: bigint): string {
  return value.toString(16).padStart(64, "0");
}

/** A field element of BLS12-381 as EIP-2537 writes it. */
function padded(hex: string): string {
  return hex.padStart(128, "0");
}

/** The point with this x and the smaller y in compressed form. */
function compressed(x: string): string {
  return (Number.parseInt(x.slice(0, 2), 16) | 0x80).toString(16) + x.slice(2);
}
