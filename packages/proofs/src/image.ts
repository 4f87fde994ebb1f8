import { keccak256 } from "@hyperion/kernel";
import { MachineError } from "./errors.ts";
import { DATA_BASE, DATA_LIMIT, MAXIMUM_PAGES, MEMORY_BASE, PAGE, TEXT_BASE, TEXT_LIMIT } from "./translate/layout.ts";

/** An exported function. Parameters and result: 4 bytes each (i32) or 8 (i64). */
export interface Entry {
  readonly name: string;
  readonly address: number;
  readonly parameters: readonly number[];
  /** 0: none. */
  readonly result: number;
}

/** An imported function; its number is that of the first import and its place among them. */
export interface Import {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly result: number;
}

/** Bytes that memory begins with; all others are zero. */
export interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** A program for the machine of docs/spec/rv64-image.md. */
export interface Image {
  readonly text: Uint32Array;
  /** Where exported functions are called from: the function's address is in t0. */
  readonly caller: number;
  readonly entries: readonly Entry[];
  readonly imports: readonly Import[];
  readonly segments: readonly Segment[];
}

const MAGIC = 0x34_36_56_52;
const VERSION = 1;
const MOST = 4096;

/** The image as bytes: the same for the same module, wherever it is translated. */
export function encodeImage({ text, caller, entries, imports, segments }: Image): Uint8Array {
  const parts: Uint8Array[] = [];
  const u32 = (...values: number[]): void => {
    const part = new DataView(new ArrayBuffer(4 * values.length));
    for (const [i, value] of values.entries()) part.setUint32(4 * i, value, true);
    parts.push(new Uint8Array(part.buffer));
  };
  const bytes = (value: Uint8Array): void => {
    u32(value.length);
    parts.push(value);
  };
  const signature = (name: string, parameters: readonly number[], result: number): void => {
    bytes(new TextEncoder().encode(name));
    bytes(Uint8Array.from([result, ...parameters]));
  };
  u32(MAGIC, VERSION, caller, text.length);
  parts.push(littleEndian(text));
  u32(segments.length);
  for (const segment of segments) {
    u32(segment.address);
    bytes(segment.bytes);
  }
  u32(imports.length);
  for (const { name, parameters, result } of imports) signature(name, parameters, result);
  u32(entries.length);
  for (const { name, address, parameters, result } of entries) {
    u32(address);
    signature(name, parameters, result);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Names a program: the hash of its encoded image. */
export function imageHash(image: Image): Uint8Array {
  return keccak256(encodeImage(image));
}

/** Reads an encoded image. Throws `MachineError` `IMAGE` when it is not one. */
export function decodeImage(bytesOfImage: Uint8Array): Image {
  const encoded = Uint8Array.from(bytesOfImage);
  const view = new DataView(encoded.buffer);
  let at = 0;
  const take = (length: number): number => {
    if (length > encoded.length - at) throw malformed("it ends too early");
    at += length;
    return at - length;
  };
  const u32 = (): number => view.getUint32(take(4), true);
  const count = (): number => {
    const value = u32();
    if (value > MOST) throw malformed(`a list of ${value}`);
    return value;
  };
  const bytes = (): Uint8Array => {
    const length = u32();
    const start = take(length);
    return encoded.slice(start, start + length);
  };
  const list = <T>(length: number, element: () => T): T[] => Array.from({ length }, element);
  const signature = (): Import => {
    const name = new TextDecoder("utf-8", { fatal: false }).decode(bytes());
    const [result, ...parameters] = bytes();
    if (result === undefined || parameters.length > 8) throw malformed("a signature");
    return { name, parameters, result };
  };
  if (u32() !== MAGIC || u32() !== VERSION) throw malformed("another format or version");
  const caller = u32();
  const words = u32();
  const textStart = take(4 * words);
  const text = Uint32Array.from({ length: words }, (_, i) => view.getUint32(textStart + 4 * i, true));
  const segments = list(count(), () => ({ address: u32(), bytes: bytes() }));
  const imports = list(count(), signature);
  const entries = list(count(), () => ({ address: u32(), ...signature() }));
  if (at !== encoded.length) throw malformed("bytes behind its end");
  const image = { text, caller, entries, imports, segments };
  checkPlaces(image);
  return image;
}

function checkPlaces({ text, caller, entries, segments }: Image): void {
  if (4 * text.length > TEXT_LIMIT - TEXT_BASE) throw malformed("a text of over 14 MiB");
  for (const address of [caller, ...entries.map((entry) => entry.address)]) {
    if (address < TEXT_BASE || address >= TEXT_BASE + 4 * text.length || address % 4 !== 0) {
      throw malformed("an entry outside of the text");
    }
  }
  for (const { address, bytes } of segments) {
    const end = address + bytes.length;
    const inData = address >= DATA_BASE && end <= DATA_LIMIT;
    if (!inData && (address < MEMORY_BASE || end > MEMORY_BASE + MAXIMUM_PAGES * PAGE)) {
      throw malformed("a segment outside of data and memory");
    }
  }
}

function malformed(why: string): MachineError {
  return new MachineError("IMAGE", `the bytes are no image: ${why}`);
}

function littleEndian(words: Uint32Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * words.length));
  for (const [i, word] of words.entries()) bytes.setUint32(4 * i, word, true);
  return new Uint8Array(bytes.buffer);
}
