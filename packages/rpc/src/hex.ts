/** Hexadecimal forms of the execution-apis: DATA (`0x` + two digits per byte) and QUANTITY (`0x` + minimal digits). */

const BYTE_HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Above this length the native encoder wins over the table. */
const TABLE_LIMIT = 40;

const HEX_DIGITS = /^[0-9a-fA-F]*$/;

/** DATA of `bytes`. */
export const data = (bytes: Uint8Array): string => {
  if (bytes.length > TABLE_LIMIT) {
    return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
  }
  let text = "0x";
  for (const byte of bytes) text += BYTE_HEX[byte];
  return text;
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
