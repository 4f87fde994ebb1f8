import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { ModelError } from "../errors.ts";
import type { MatrixSource } from "../quantise.ts";
import { type TensorType, tensorType, tensorTypeNames } from "./tensor-types.ts";

/** Random access to a file's bytes. */
export interface ByteSource {
  readonly length: number;
  /** `length` bytes from `at` on, which lie within the source. */
  read(at: number, length: number): Uint8Array;
  close(): void;
}

export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

/** A tensor as its file describes it: dimensions with the fastest first, so a matrix has [columns, rows]. */
export interface GgufTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type: TensorType;
  /** Place in the file. */
  readonly at: number;
  readonly bytes: number;
}

/** A GGUF v3 file whose structure was checked: every tensor lies within the file and is of a known type. */
export interface GgufFile {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly source: ByteSource;
}

const MAGIC = 0x46554747;
const LIMITS = { header: 256 << 20, entries: 65_536, elements: 4_194_304, string: 1 << 20, nesting: 2 };
const MAX_ELEMENTS = 2 ** 40;

/** Opens a file; `source.close` is the caller's. Throws `ModelError` DAMAGED_FILE when it cannot be read. */
export function openFile(path: string): ByteSource {
  try {
    const descriptor = openSync(path, "r");
    return {
      length: fstatSync(descriptor).size,
      read(at, length) {
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length; ) {
          const got = readSync(descriptor, bytes, done, Math.min(length - done, 1 << 30), at + done);
          if (got === 0) throw damaged("the file became shorter while it was read");
          done += got;
        }
        return bytes;
      },
      close: () => closeSync(descriptor),
    };
  } catch (cause) {
    throw new ModelError("DAMAGED_FILE", `the file ${path} cannot be read`, { cause });
  }
}

export function bytesSource(bytes: Uint8Array): ByteSource {
  return { length: bytes.length, read: (at, length) => bytes.subarray(at, at + length), close: () => {} };
}

/** Reads and checks the header. Throws `ModelError` DAMAGED_FILE or UNSUPPORTED. */
export function readGguf(source: ByteSource): GgufFile {
  const cursor = createCursor(source);
  if (source.length < 24 || cursor.u32() !== MAGIC) throw damaged("the file does not begin with GGUF");
  const version = cursor.u32();
  if (version !== 3) throw new ModelError("UNSUPPORTED", `GGUF version ${version}; only version 3 can be read`);
  const [tensorCount, entryCount] = [cursor.count(LIMITS.entries, "tensors"), cursor.count(LIMITS.entries, "entries")];
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < entryCount; i++) {
    const key = cursor.string();
    if (metadata.has(key)) throw damaged(`the key ${key} occurs twice`);
    metadata.set(key, readValue(cursor, cursor.u32(), 0));
  }
  const described = Array.from({ length: tensorCount }, () => describeTensor(cursor));
  const start = align(cursor.at(), alignmentOf(metadata));
  const tensors = new Map(described.map((tensor) => [tensor.name, place(tensor, start, source.length, metadata)]));
  if (tensors.size !== tensorCount) throw damaged("two tensors have the same name");
  return { metadata, tensors, source };
}

/** Elements of a tensor as a matrix; a vector is a matrix of one row. */
export function matrixOf({ source }: GgufFile, { dimensions, type, at }: GgufTensor): MatrixSource {
  const [columns, rows] = [dimensions[0]!, dimensions.slice(1).reduce((a, b) => a * b, 1)];
  const rowBytes = (columns / type.elements) * type.bytes;
  return {
    rows,
    columns,
    read(first, count) {
      const bytes = source.read(at + first * rowBytes, count * rowBytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const out = new Float32Array(count * columns);
      for (let block = 0; block * type.bytes < bytes.length; block++) {
        type.decode(view, block * type.bytes, out, block * type.elements);
      }
      return out;
    },
  };
}

interface Cursor {
  at(): number;
  bytes(length: number): Uint8Array;
  view(length: number): DataView;
  u32(): number;
  u64(): bigint;
  /** A u64 that may not be over `limit`. */
  count(limit: number, what: string): number;
  string(): string;
}

/** Reads from the beginning of the source, in pieces of a mebibyte. */
function createCursor(source: ByteSource): Cursor {
  let [window, windowAt, at] = [new Uint8Array(0), 0, 0];
  const decoder = new TextDecoder("utf-8");
  const bytes = (length: number): Uint8Array => {
    if (length > source.length - at) throw damaged("the file ends within its header");
    if (at + length > LIMITS.header) throw damaged("the header is over 256 MiB");
    if (at + length > windowAt + window.length) {
      windowAt = at;
      window = new Uint8Array(source.read(at, Math.min(Math.max(length, 1 << 20), source.length - at)));
    }
    at += length;
    return window.subarray(at - length - windowAt, at - windowAt);
  };
  const view = (length: number): DataView => {
    const part = bytes(length);
    return new DataView(part.buffer, part.byteOffset, length);
  };
  const u64 = (): bigint => view(8).getBigUint64(0, true);
  const count = (limit: number, what: string): number => {
    const value = u64();
    if (value > BigInt(limit)) throw damaged(`${value} ${what}, more than ${limit}`);
    return Number(value);
  };
  return {
    ...{ at: () => at, bytes, view, u64, count, u32: () => view(4).getUint32(0, true) },
    string: () => decoder.decode(bytes(count(LIMITS.string, "bytes in a string"))),
  };
}

/** Scalar types by their number: bytes and how they are read. */
const SCALARS: readonly (readonly [bytes: number, read: (view: DataView) => GgufValue] | undefined)[] = [
  [1, (view) => view.getUint8(0)],
  [1, (view) => view.getInt8(0)],
  [2, (view) => view.getUint16(0, true)],
  [2, (view) => view.getInt16(0, true)],
  [4, (view) => view.getUint32(0, true)],
  [4, (view) => view.getInt32(0, true)],
  [4, (view) => view.getFloat32(0, true)],
  [1, (view) => view.getUint8(0) !== 0],
  undefined,
  undefined,
  [8, (view) => view.getBigUint64(0, true)],
  [8, (view) => view.getBigInt64(0, true)],
  [8, (view) => view.getFloat64(0, true)],
];
const STRING = 8;
const ARRAY = 9;

function readValue(cursor: Cursor, type: number, depth: number): GgufValue {
  const scalar = SCALARS[type];
  if (scalar) return scalar[1](cursor.view(scalar[0]));
  if (type === STRING) return cursor.string();
  if (type !== ARRAY) throw damaged(`a value of the unknown type ${type}`);
  if (depth === LIMITS.nesting) throw damaged("arrays are nested too deeply");
  const element = cursor.u32();
  const length = cursor.count(LIMITS.elements, "elements in an array");
  const values: GgufValue[] = [];
  for (let i = 0; i < length; i++) values.push(readValue(cursor, element, depth + 1));
  return values;
}

interface Description {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type: TensorType;
  readonly offset: bigint;
}

function describeTensor(cursor: Cursor): Description {
  const name = cursor.string();
  const rank = cursor.u32();
  if (rank < 1 || rank > 4) throw damaged(`tensor ${name} has ${rank} dimensions`);
  const dimensions = Array.from({ length: rank }, () => cursor.count(2 ** 32, `elements in tensor ${name}`));
  const elements = dimensions.reduce((product, n) => product * n, 1);
  if (elements === 0 || elements > MAX_ELEMENTS) throw damaged(`tensor ${name} has ${elements} elements`);
  const id = cursor.u32();
  const type = tensorType(id);
  if (!type) {
    const message = `tensor ${name} is of type ${id}; these can be read: ${tensorTypeNames.join(", ")}`;
    throw new ModelError("UNSUPPORTED", message);
  }
  if (dimensions[0]! % type.elements !== 0)
    throw damaged(`rows of tensor ${name} are not whole blocks of ${type.name}`);
  return { name, dimensions, type, offset: cursor.u64() };
}

function place(
  { name, dimensions, type, offset }: Description,
  start: number,
  end: number,
  metadata: ReadonlyMap<string, GgufValue>,
): GgufTensor {
  const elements = dimensions.reduce((product, n) => product * n, 1);
  const bytes = (elements / type.elements) * type.bytes;
  if (offset % BigInt(alignmentOf(metadata)) !== 0n) throw damaged(`tensor ${name} is not aligned`);
  if (offset > BigInt(end) || start + Number(offset) + bytes > end)
    throw damaged(`tensor ${name} lies beyond the file`);
  return { name, dimensions, type, at: start + Number(offset), bytes };
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>): number {
  const value = metadata.get("general.alignment") ?? 32;
  if (typeof value === "number" && Number.isInteger(value) && value >= 8 && value <= 1 << 20 && value % 8 === 0) {
    return value;
  }
  throw damaged("general.alignment is not a multiple of 8");
}

function align(at: number, alignment: number): number {
  return Math.ceil(at / alignment) * alignment;
}

function damaged(message: string): ModelError {
  return new ModelError("DAMAGED_FILE", message);
}
