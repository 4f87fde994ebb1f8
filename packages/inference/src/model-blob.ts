import { ModelError } from "./errors.ts";
import type { MergeTables } from "./merge-tables.ts";
import type { QuantisedMatrix } from "./quantise.ts";

/** Shape and tokenizer of a model: what the blob's header says (docs/spec/model.md). */
export interface ModelHeader {
  readonly tied: boolean;
  readonly leadingSpace: boolean;
  /** Longest match only: pieces of two or more bytes that begin with a space match whole words, in any case. */
  readonly wholeWords: boolean;
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ffn: number;
  readonly vocab: number;
  readonly context: number;
  /** RMSNorm epsilon, Q32. */
  readonly epsilon: number;
  /** log2(e) / sqrt(headDim), Q30. */
  readonly scoreScale: number;
  /** How text becomes tokens: the longest piece at each place, or pairs merged by rank. */
  readonly tokenizer: "longest match" | "merges";
  /** Longest match only: ids 0…controls − 1 are control tokens. */
  readonly controls: number;
  readonly unknown: number;
  readonly end: number;
  /** A second token that ends an answer; absent when there is none. */
  readonly endOfTurn?: number;
}

/** A decoder layer: i32 Q16 norm gains, quantised matrices. */
export interface ModelLayer {
  readonly norm1: Int32Array;
  readonly query: QuantisedMatrix;
  readonly key: QuantisedMatrix;
  readonly value: QuantisedMatrix;
  readonly output: QuantisedMatrix;
  readonly norm2: Int32Array;
  readonly gate: QuantisedMatrix;
  readonly up: QuantisedMatrix;
  readonly down: QuantisedMatrix;
}

export interface ModelParts extends ModelHeader {
  /** Tokens put before and after the prompt's. */
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  /**
   * Texts of the tokens from id `controls` on. Longest match: none empty, in ascending byte order. Merges: in the order of
   * ids, empty for tokens that print nothing.
   */
  readonly pieces: readonly Uint8Array[];
  /** With the tokenizer `merges`. */
  readonly merging?: MergeTables;
  /** i32 Q30 [context][headDim], see `ropeTable`. */
  readonly rope: Int32Array;
  readonly embedding: QuantisedMatrix;
  readonly blocks: readonly ModelLayer[];
  readonly finalNorm: Int32Array;
  /** Absent when `tied`. */
  readonly head?: QuantisedMatrix;
}

const MAGIC = 0x4d505948;
const VERSION = 1;
const HEADER_SIZE = 128;
const ALIGNMENT = 64;
const FOUR_BIT = 0x100;
const SPLITTERS = ["none", "gpt2", "llama3", "digits"] as const;

/** Serialises a model; the engine, not this function, decides whether the result is valid. */
export function encodeModel(model: ModelParts): Uint8Array {
  const sections: Uint8Array[] = [header(model), words([...model.prefix, ...model.suffix])];
  sections.push(
    Uint8Array.from(model.pieces, (piece) => piece.length),
    Buffer.concat(model.pieces),
    ...(model.merging ? mergeSections(model.merging) : []),
    bytesOf(model.rope),
  );
  const tensors = [
    model.embedding,
    ...model.blocks.flatMap(layerTensors),
    model.finalNorm,
    ...(model.head ? [model.head] : []),
  ];
  sections.push(words(tensors.map(formatWord)));
  for (const tensor of tensors) {
    if (tensor instanceof Int32Array) sections.push(bytesOf(tensor));
    else sections.push(bytesOf(tensor.mantissas), bytesOf(tensor.weights));
  }
  return new Uint8Array(
    Buffer.concat(sections.flatMap((section, i) => (i + 1 < sections.length ? padded(section) : section))),
  );
}

/** Exponent of a tensor, with a flag for 4-bit weights; 0 for a norm. */
function formatWord(tensor: Int32Array | QuantisedMatrix): number {
  if (tensor instanceof Int32Array) return 0;
  return tensor.bits === 4 ? tensor.exponent | FOUR_BIT : tensor.exponent;
}

function mergeSections({ byteTokens, characters, merges, ranges }: MergeTables): Uint8Array[] {
  return [bytesOf(byteTokens), bytesOf(characters), bytesOf(merges), bytesOf(ranges)];
}

/** Reads the header of a blob; checks only that it is one. */
export function decodeHeader(blob: Uint8Array): ModelHeader {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (blob.length < HEADER_SIZE || view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== VERSION) {
    throw new ModelError("FORMAT", "not a Hyperion model blob, version 1");
  }
  const at = (offset: number): number => view.getUint32(offset, true);
  return {
    tied: (at(12) & 1) !== 0,
    leadingSpace: (at(12) & 2) !== 0,
    wholeWords: (at(12) & 4) !== 0,
    dim: at(16),
    layers: at(20),
    heads: at(24),
    kvHeads: at(28),
    headDim: at(32),
    ffn: at(36),
    vocab: at(40),
    context: at(44),
    epsilon: at(48),
    scoreScale: at(52),
    tokenizer: at(56) === 0 ? "longest match" : "merges",
    controls: at(60),
    unknown: at(72),
    end: at(76),
    ...(at(56) !== 0 && at(88) !== at(76) && { endOfTurn: at(88) }),
  };
}

function header(model: ModelParts): Uint8Array {
  const textBytes = model.pieces.reduce((sum, piece) => sum + piece.length, 0);
  const fields = [MAGIC, VERSION, 1, (model.tied ? 1 : 0) | (model.leadingSpace ? 2 : 0) | (model.wholeWords ? 4 : 0)];
  fields.push(
    model.dim,
    model.layers,
    model.heads,
    model.kvHeads,
    model.headDim,
    model.ffn,
    model.vocab,
    model.context,
  );
  const { merging, tokenizer } = model;
  fields.push(model.epsilon, model.scoreScale, tokenizer === "merges" ? 1 : 0);
  fields.push(model.controls, model.pieces.length, textBytes);
  fields.push(model.unknown, model.end, model.prefix.length, model.suffix.length);
  if (merging) {
    fields.push(model.endOfTurn ?? model.end, merging.merges.length / 4, merging.characters.length / 2);
    fields.push(SPLITTERS.indexOf(merging.splitter), merging.ranges.length);
  }
  return Buffer.concat([words(fields), new Uint8Array(HEADER_SIZE - 4 * fields.length)]);
}

function layerTensors(layer: ModelLayer): (Int32Array | QuantisedMatrix)[] {
  const { norm1, query, key, value, output, norm2, gate, up, down } = layer;
  return [norm1, query, key, value, output, norm2, gate, up, down];
}

function words(values: readonly number[]): Uint8Array {
  return bytesOf(Uint32Array.from(values));
}

/** Little-endian bytes, as every platform that runs Node.js has them in memory. */
function bytesOf(array: Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function padded(section: Uint8Array): Uint8Array[] {
  return [section, new Uint8Array((ALIGNMENT - (section.length % ALIGNMENT)) % ALIGNMENT)];
}
