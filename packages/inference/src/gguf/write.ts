import { closeSync, openSync, writeSync } from "node:fs";

/** A typed metadata value for `ggufHeader`. */
export type GgufEntry =
  | readonly [key: string, type: "u32", value: number]
  | readonly [key: string, type: "f32", value: number]
  | readonly [key: string, type: "bool", value: boolean]
  | readonly [key: string, type: "string", value: string]
  | readonly [key: string, type: "strings", value: readonly string[]]
  | readonly [key: string, type: "f32s", value: readonly number[]]
  | readonly [key: string, type: "i32s", value: readonly number[]];

/** A tensor to be written; `data` is called when its turn comes, so that large ones need not be held. */
export interface GgufContent {
  readonly name: string;
  /** Fastest first. */
  readonly dimensions: readonly number[];
  /** Number of the encoding (tensor-types.ts). */
  readonly type: number;
  readonly bytes: number;
  data(): Uint8Array;
}

const ALIGNMENT = 32;
const TYPE = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

/** Writes a GGUF v3 file. */
export function writeGguf(path: string, entries: readonly GgufEntry[], tensors: readonly GgufContent[]): void {
  const descriptor = openSync(path, "w");
  for (const part of ggufParts(entries, tensors)) writeSync(descriptor, part);
  closeSync(descriptor);
}

/** A GGUF v3 file in memory. */
export function encodeGguf(entries: readonly GgufEntry[], tensors: readonly GgufContent[]): Uint8Array {
  return new Uint8Array(Buffer.concat([...ggufParts(entries, tensors)]));
}

function* ggufParts(entries: readonly GgufEntry[], tensors: readonly GgufContent[]): Generator<Uint8Array> {
  const header = [Buffer.from("GGUF"), u32(3), u64(tensors.length), u64(entries.length), ...entries.flatMap(entry)];
  let offset = 0;
  for (const { name, dimensions, type, bytes } of tensors) {
    header.push(...string(name), u32(dimensions.length), ...dimensions.map(u64), u32(type), u64(offset));
    offset += bytes + padding(bytes).length;
  }
  const bytes = Buffer.concat(header);
  yield bytes;
  yield padding(bytes.length);
  for (const tensor of tensors) {
    yield tensor.data();
    yield padding(tensor.bytes);
  }
}

function entry([key, type, value]: GgufEntry): Buffer[] {
  if (type === "u32") return [...string(key), u32(TYPE.u32), u32(value)];
  if (type === "f32") return [...string(key), u32(TYPE.f32), f32(value)];
  if (type === "bool") return [...string(key), u32(TYPE.bool), Buffer.of(value ? 1 : 0)];
  if (type === "string") return [...string(key), u32(TYPE.string), ...string(value)];
  const array = (element: number): Buffer[] => [...string(key), u32(TYPE.array), u32(element), u64(value.length)];
  if (type === "strings") return [...array(TYPE.string), ...value.flatMap(string)];
  if (type === "f32s") return [...array(TYPE.f32), Buffer.from(Float32Array.from(value).buffer)];
  return [...array(TYPE.i32), Buffer.from(Int32Array.from(value).buffer)];
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function string(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  return [u64(bytes.length), bytes];
}

function padding(length: number): Buffer {
  return Buffer.alloc((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);
}
