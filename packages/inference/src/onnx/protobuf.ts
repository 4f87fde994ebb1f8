import { ModelError } from "../errors.ts";

/** A field of a message: a number (varint), or bytes; fixed-width numbers come as their bytes. */
export interface Field {
  readonly number: number;
  readonly value: bigint | Uint8Array;
}

const damaged = (why: string): ModelError => new ModelError("DAMAGED_FILE", `not a protocol buffer: ${why}`);

/** The fields of a message of the protocol-buffer wire format, in order. Throws `ModelError` `DAMAGED_FILE`. */
export function readFields(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw damaged("it ends within a number");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw damaged("a number is too long");
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw damaged("it ends within a field");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const wire = key % 8;
    const number = Math.floor(key / 8);
    if (number === 0 || number >= 2 ** 29) throw damaged("a field has no number");
    if (wire === 0) fields.push({ number, value: varint() });
    else if (wire === 1) fields.push({ number, value: take(8) });
    else if (wire === 5) fields.push({ number, value: take(4) });
    else if (wire === 2) fields.push({ number, value: take(lengthOf(varint())) });
    else throw damaged(`wire type ${wire}`);
  }
  return fields;
}

const lengthOf = (value: bigint): number => {
  if (value > 0x7fffffffn) throw damaged("a field is too long");
  return Number(value);
};

/** The bytes of every field of that number. */
export function bytesOf(fields: readonly Field[], number: number): Uint8Array[] {
  return fields.flatMap((field) => (field.number === number && typeof field.value !== "bigint" ? [field.value] : []));
}

/** The last text of that number, "" when there is none. */
export function textOf(fields: readonly Field[], number: number): string {
  return new TextDecoder().decode(bytesOf(fields, number).at(-1) ?? new Uint8Array(0));
}

/** Signed integers of that number, packed or not. */
export function integersOf(fields: readonly Field[], number: number): number[] {
  return fields.flatMap(({ number: found, value }) => {
    if (found !== number) return [];
    return typeof value === "bigint" ? [signed(value)] : packed(value);
  });
}

const signed = (value: bigint): number => {
  const number = Number(BigInt.asIntN(64, value));
  if (!Number.isSafeInteger(number)) throw damaged("an integer is too large");
  return number;
};

function packed(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (shift > 70n) throw damaged("a number is too long");
    if (byte >= 0x80) continue;
    values.push(signed(value));
    value = shift = 0n;
  }
  if (shift !== 0n) throw damaged("it ends within a number");
  return values;
}

/** Little-endian floats of that number, packed or not. */
export function floatsOf(fields: readonly Field[], number: number): number[] {
  return bytesOf(fields, number).flatMap((bytes) => [...floatsIn(bytes)]);
}

/** Little-endian floats. */
export function floatsIn(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0) throw damaged("floats are cut");
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
