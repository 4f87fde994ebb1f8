import { z } from "zod";
import { areHexDigits, bytesFromDigits } from "../hex.ts";

/** Why a value does not decode; becomes the message of an "invalid params" answer. */
export class DecodeProblem extends Error {}

type Decoder<T> = (value: unknown) => T;

/** A schema whose whole work is one decoding function; wording of the problems as in other execution clients. */
export const scalar = <T>(decode: Decoder<T>): z.ZodType<T> =>
  z.unknown().transform((value, context): T => {
    try {
      return decode(value);
    } catch (error) {
      if (!(error instanceof DecodeProblem)) throw error;
      context.issues.push({ code: "custom", message: error.message, input: value });
      return z.NEVER;
    }
  });

const hexDigits = (value: unknown, kind: string): string => {
  if (typeof value !== "string") throw new DecodeProblem(`${kind} must be a hex string`);
  if (value.length === 0) throw new DecodeProblem("empty hex string");
  if (value[0] !== "0" || (value[1] !== "x" && value[1] !== "X")) {
    throw new DecodeProblem("hex string without 0x prefix");
  }
  return value.slice(2);
};

/** Longest QUANTITY: 256 bits. */
const MAX_QUANTITY_DIGITS = 64;

/** QUANTITY: no leading zeros, at least one digit. */
export const decodeQuantity = (value: unknown, bits = 256): bigint => {
  const digits = hexDigits(value, "quantity");
  if (digits.length === 0) throw new DecodeProblem('hex string "0x"');
  if (digits.length > 1 && digits[0] === "0") throw new DecodeProblem("hex number with leading zero digits");
  if (digits.length > MAX_QUANTITY_DIGITS || digits.length * 4 - 3 > bits + 3) {
    throw new DecodeProblem(`hex number > ${bits} bits`);
  }
  if (!areHexDigits(digits)) throw new DecodeProblem("invalid hex string");
  const number = BigInt(`0x${digits}`);
  if (number >> BigInt(bits) !== 0n) throw new DecodeProblem(`hex number > ${bits} bits`);
  return number;
};

/** DATA of any length. */
export const decodeData = (value: unknown): Uint8Array => {
  const digits = hexDigits(value, "data");
  const bytes = bytesFromDigits(digits);
  if (!bytes) throw new DecodeProblem(digits.length % 2 ? "hex string of odd length" : "invalid hex string");
  return bytes;
};

/** DATA of exactly `length` bytes. */
export const decodeFixed = (value: unknown, length: number, name: string): Uint8Array => {
  const bytes = decodeData(value);
  if (bytes.length !== length) {
    throw new DecodeProblem(`hex string has length ${bytes.length * 2}, want ${length * 2} for ${name}`);
  }
  return bytes;
};

const decodeIndex = (value: unknown): number => {
  const number = decodeQuantity(value, 64);
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw new DecodeProblem("hex number out of range");
  return Number(number);
};

/** Storage keys may be shorter than a word and may have an odd number of digits (execution-apis `bytes32` leniency of eth_getStorageAt). */
export const decodeStorageKey = (value: unknown): Uint8Array => {
  if (typeof value !== "string") throw new DecodeProblem("storage key must be a hex string");
  const digits = value.startsWith("0x") || value.startsWith("0X") ? value.slice(2) : value;
  if (!areHexDigits(digits) || value.length === 0) {
    throw new DecodeProblem(`invalid hex in storage key: ${JSON.stringify(value)}`);
  }
  if (digits.length > 64) {
    throw new DecodeProblem(`storage key too long (want at most 32 bytes): ${JSON.stringify(value)}`);
  }
  return Buffer.from(digits.padStart(64, "0"), "hex");
};

export const quantity256: z.ZodType<bigint> = scalar((value) => decodeQuantity(value));
export const quantity64: z.ZodType<bigint> = scalar((value) => decodeQuantity(value, 64));
export const index: z.ZodType<number> = scalar(decodeIndex);
export const bytes: z.ZodType<Uint8Array> = scalar(decodeData);
export const address: z.ZodType<Uint8Array> = scalar((value) => decodeFixed(value, 20, "common.Address"));
export const hash: z.ZodType<Uint8Array> = scalar((value) => decodeFixed(value, 32, "common.Hash"));
export const storageKey: z.ZodType<Uint8Array> = scalar(decodeStorageKey);

/** A number that tools write as QUANTITY, as JSON number or as decimal string: parameters of the development methods. */
const decodeLoose = (value: unknown): bigint => {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === "string" && /^\d{1,78}$/.test(value)) return BigInt(value);
  if (typeof value === "string" && /^0x[0-9a-fA-F]{1,64}$/.test(value)) return BigInt(value);
  throw new DecodeProblem("expected a non-negative integer");
};

/** At most `limit`, written as tools like. */
const looseUpTo = (limit: bigint): z.ZodType<bigint> =>
  scalar((value) => {
    const number = decodeLoose(value);
    if (number > limit) throw new DecodeProblem(`expected at most ${limit}`);
    return number;
  });

const MAX_256 = (1n << 256n) - 1n;
const MAX_SIGNED_64 = (1n << 63n) - 1n;
/** The year 5138: sums of a few such times stay far from 64 bits. */
const MAX_SECONDS = 100_000_000_000n;

export const looseQuantity: z.ZodType<bigint> = looseUpTo(MAX_256);
/** Gas limits, nonces, counts. */
export const looseCount: z.ZodType<bigint> = looseUpTo(MAX_SIGNED_64);
export const looseSeconds: z.ZodType<bigint> = looseUpTo(MAX_SECONDS);
/** A point in time in seconds; some tools send milliseconds where seconds are meant. */
export const looseTimestamp: z.ZodType<bigint> = looseUpTo(MAX_SECONDS * 1000n).transform((time) =>
  time > MAX_SECONDS ? time / 1000n : time,
);

/** A 32-byte word that tools also write as a short QUANTITY. */
export const looseWord: z.ZodType<Uint8Array> = scalar(decodeStorageKey);

/** A map from hex keys to values with both sides decoded; at most `limit` entries. */
export const hexMap = <K, V>(key: z.ZodType<K>, value: z.ZodType<V>, limit: number): z.ZodType<[K, V][]> =>
  scalar((input) => {
    if (typeof input !== "object" || input === null || Array.isArray(input))
      throw new DecodeProblem("expected an object");
    const entries = Object.entries(input);
    if (entries.length > limit) throw new DecodeProblem(`too many entries: ${entries.length} > ${limit}`);
    return entries.map(([k, v]): [K, V] => [decode(key, k), decode(value, v)]);
  });

const decode = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new DecodeProblem(firstProblem(result.error));
};

/** The first problem of a failed parse as one line, with the path to it. */
export const firstProblem = (error: z.ZodError): string => {
  const issue = error.issues[0];
  if (!issue) return "invalid value";
  return issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`;
};
