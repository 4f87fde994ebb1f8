/** Typed look-ups in a file's metadata: a value of another type is a damaged file. */
import { ModelError } from "../errors.ts";
import type { GgufFile } from "./file.ts";

export function stringAt(file: GgufFile, key: string, missing?: string): string {
  const value = file.metadata.get(key) ?? missing;
  return typeof value === "string" ? value : refuse(key, "a string");
}

export function stringsAt(file: GgufFile, key: string): readonly string[] {
  const value = file.metadata.get(key);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value as readonly string[];
  return refuse(key, "a list of strings");
}

/** A list of `length` finite numbers; `undefined` when the key is missing. */
export function numbersAt(file: GgufFile, key: string, length: number): readonly number[] | undefined {
  const value = file.metadata.get(key);
  if (value === undefined) return undefined;
  const isNumber = (item: unknown): boolean => typeof item === "number" && Number.isFinite(item);
  if (Array.isArray(value) && value.length === length && value.every(isNumber)) return value as readonly number[];
  return refuse(key, `a list of ${length} numbers`);
}

export function booleanAt(file: GgufFile, key: string): boolean | undefined {
  const value = file.metadata.get(key);
  return value === undefined || typeof value === "boolean" ? value : refuse(key, "a boolean");
}

export function numberAt(file: GgufFile, key: string): number | undefined {
  const value = file.metadata.get(key);
  if (value === undefined) return undefined;
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : refuse(key, "a number");
}

/** A number that counts something: between 0 and 2³². */
export function integerAt(file: GgufFile, key: string): number | undefined {
  const value = numberAt(file, key);
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= 0xffffffff)) return value;
  return refuse(key, "a natural number");
}

function refuse(key: string, expected: string): never {
  throw new ModelError("DAMAGED_FILE", `${key} is not ${expected}`);
}
