import { FormatError } from "./errors.ts";

/** EIP-4844. */
export const BLOB_SIZE = 131_072;
const FIELD_ELEMENT = 32;
const PIECE = 31;
const ROUNDS = 1024;
/** Four field elements carry 4 × 31 bytes and three more in their first bytes. */
const ROUND_DATA = 127;
const HEADER = 4;
/** Most bytes of data in a blob: the first round gives four of its bytes to version and length. */
export const MAX_BLOB_DATA: number = ROUNDS * ROUND_DATA - HEADER;
const VERSION = 0;

/**
 * Puts data into a blob whose field elements are all below the modulus: their first bytes have only six bits. Version 0 and
 * the length (u24) come first.
 */
export const encodeBlob = (data: Uint8Array): Uint8Array => {
  if (data.length > MAX_BLOB_DATA) throw new FormatError(`${data.length} bytes do not fit a blob`);
  const stream = new Uint8Array(ROUNDS * ROUND_DATA);
  stream.set([VERSION, data.length >> 16, (data.length >> 8) & 0xff, data.length & 0xff]);
  stream.set(data, HEADER);
  const blob = new Uint8Array(BLOB_SIZE);
  for (let round = 0; round < ROUNDS; round++) {
    encodeRound(stream.subarray(round * ROUND_DATA, (round + 1) * ROUND_DATA), blob, round * 4 * FIELD_ELEMENT);
  }
  return blob;
};

/** In the stream 31 bytes for an element and one for the first bytes of all four take turns. */
const encodeRound = (stream: Uint8Array, blob: Uint8Array, at: number): void => {
  const [x, y, z] = [stream[PIECE]!, stream[2 * PIECE + 1]!, stream[3 * PIECE + 2]!];
  const firsts = [x & 0x3f, (y & 0x0f) | ((x & 0xc0) >> 2), z & 0x3f, ((z & 0xc0) >> 2) | ((y & 0xf0) >> 4)];
  for (const [index, first] of firsts.entries()) {
    const from = index * (PIECE + 1);
    blob[at + index * FIELD_ELEMENT] = first;
    blob.set(stream.subarray(from, from + PIECE), at + index * FIELD_ELEMENT + 1);
  }
};

/** @throws FormatError when the blob is not one that `encodeBlob` makes */
export const decodeBlob = (blob: Uint8Array): Uint8Array => {
  if (blob.length !== BLOB_SIZE) throw new FormatError(`blob of ${blob.length} bytes`);
  if (blob[1] !== VERSION) throw new FormatError(`blob of unknown version ${blob[1]}`);
  const length = (blob[2]! << 16) | (blob[3]! << 8) | blob[4]!;
  if (length > MAX_BLOB_DATA) throw new FormatError(`blob claims ${length} bytes`);
  const stream = new Uint8Array(ROUNDS * ROUND_DATA);
  for (let round = 0; round < ROUNDS; round++) {
    decodeRound(blob, round * 4 * FIELD_ELEMENT, stream, round * ROUND_DATA);
  }
  if (stream.subarray(HEADER + length).some((byte) => byte !== 0))
    throw new FormatError("blob has data behind its end");
  return stream.slice(HEADER, HEADER + length);
};

const decodeRound = (blob: Uint8Array, at: number, stream: Uint8Array, to: number): void => {
  const firsts = [0, 1, 2, 3].map((index) => blob[at + index * FIELD_ELEMENT]!) as [number, number, number, number];
  if (firsts.some((first) => first > 0x3f)) throw new FormatError("blob with a field element above six bits");
  const [a, b, c, d] = firsts;
  const spare = [(a & 0x3f) | ((b & 0x30) << 2), (b & 0x0f) | ((d & 0x0f) << 4), (c & 0x3f) | ((d & 0x30) << 2)];
  for (let index = 0; index < 4; index++) {
    const from = at + index * FIELD_ELEMENT + 1;
    stream.set(blob.subarray(from, from + PIECE), to + index * (PIECE + 1));
    if (index < 3) stream[to + index * (PIECE + 1) + PIECE] = spare[index]!;
  }
};
