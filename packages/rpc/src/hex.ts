/** Hexadecimal forms of the execution-apis: DATA (`0x` + two digits per byte) and QUANTITY (`0x` + minimal digits). */
import { endianness } from "node:os";

/** Up to this length writing the characters here wins over the native encoder. */
const SHORT_LIMIT = 256;

/** The two hex digits of every byte as one little-endian character pair. */
const DIGITS: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, "0"), "latin1").readUInt16LE(),
);

/** `0x` and the digits of the value at hand. */
const TEXT: Buffer = Buffer.from(new ArrayBuffer(2 + 2 * SHORT_LIMIT)).fill("0x");
const PAIRS = new Uint16Array(TEXT.buffer);

const LITTLE_ENDIAN = endianness() === "LE";

const HEX_DIGITS = /^[0-9a-fA-F]*$/;

/** DATA of `bytes`. */
export const data = (bytes: Uint8Array): string => {
  const { length } = bytes;
  if (length > SHORT_LIMIT || !LITTLE_ENDIAN) {
    return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
  }
  for (let i = 0; i < length; i++) PAIRS[i + 1] = DIGITS[bytes[i]!]!;
  return TEXT.toString("latin1", 0, 2 + 2 * length);
};

/** QUANTITY of a non-negative integer. */
export const quantity = (value: bigint | number): string => `0x${value.toString(16)}`;

/** DATA of `value` as a 32-byte big-endian word. */
export const word = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;

/** Big-endian integer of `bytes`; zero when empty. */
export const toBigInt = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : BigInt(data(bytes)));

/** 32-byte big-endian word of `value`. */
export const toWord = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, "0"), "hex");

/**
 * Bytes of `digits` (without prefix), or `undefined` when a character is no hex digit or the number of digits is odd.
 * The native decoder stops at the first wrong character, so a short result is the error signal.
 */
export const bytesFromDigits = (digits: string): Uint8Array | undefined => {
  if (digits.length % 2 !== 0) return undefined;
  const bytes = Buffer.from(digits, "hex");
  return bytes.length * 2 === digits.length ? bytes : undefined;
};

/** Whether `digits` are hex digits only. */
export const areHexDigits = (digits: string): boolean => HEX_DIGITS.test(digits);

/** Whether two byte strings are equal. */
export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
