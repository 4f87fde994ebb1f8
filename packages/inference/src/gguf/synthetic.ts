import { encodeGguf, type GgufContent, type GgufEntry, writeGguf } from "./write.ts";

/** Shape of a made-up Llama model. */
export interface SyntheticShape {
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly ffn: number;
  readonly vocab: number;
  readonly context: number;
  readonly tied: boolean;
}

type EncodingName = "F32" | "F16" | "BF16" | "Q8_0" | "Q4_0" | "Q4_K" | "Q6_K";

export interface SyntheticOptions {
  readonly seed: number;
  /** Encoding of the matrices; norms are always F32. */
  readonly type: EncodingName;
  /** Metadata that is added or, by key, replaces what would be written. */
  readonly entries?: readonly GgufEntry[];
}

/** The usual sizes of small Llama models. */
export const SYNTHETIC_SHAPES: Readonly<Record<"15M" | "135M" | "360M", SyntheticShape>> = {
  "15M": { dim: 288, layers: 6, heads: 6, kvHeads: 6, ffn: 768, vocab: 32_000, context: 1024, tied: true },
  "135M": { dim: 576, layers: 30, heads: 9, kvHeads: 3, ffn: 1536, vocab: 49_152, context: 2048, tied: true },
  "360M": { dim: 960, layers: 32, heads: 15, kvHeads: 5, ffn: 2560, vocab: 49_152, context: 2048, tied: true },
};

/** Writes a GGUF file with random weights of the scale that training gives: for tests and benchmarks without downloads. */
export function writeSyntheticGguf(path: string, shape: SyntheticShape, options: SyntheticOptions): void {
  writeGguf(path, entriesOf(shape, options), contents(shape, options));
}

/** As `writeSyntheticGguf`, in memory. */
export function syntheticGguf(shape: SyntheticShape, options: SyntheticOptions): Uint8Array {
  return encodeGguf(entriesOf(shape, options), contents(shape, options));
}

function entriesOf(shape: SyntheticShape, { entries = [] }: SyntheticOptions): GgufEntry[] {
  const { dim, layers, heads, kvHeads, ffn, vocab, context } = shape;
  const tokens = ["<unk>", "<s>", "</s>"];
  for (let byte = 0; byte < 256; byte++) tokens.push(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const kinds = tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : 6));
  const words = vocabulary(vocab - tokens.length);
  const all: GgufEntry[] = [
    ["general.architecture", "string", "llama"],
    ["general.name", "string", "synthetic"],
    ["llama.context_length", "u32", context],
    ["llama.embedding_length", "u32", dim],
    ["llama.block_count", "u32", layers],
    ["llama.feed_forward_length", "u32", ffn],
    ["llama.attention.head_count", "u32", heads],
    ["llama.attention.head_count_kv", "u32", kvHeads],
    ["llama.attention.layer_norm_rms_epsilon", "f32", 1e-5],
    ["llama.rope.dimension_count", "u32", dim / heads],
    ["llama.rope.freq_base", "f32", 10_000],
    ["llama.vocab_size", "u32", vocab],
    ["tokenizer.ggml.model", "string", "llama"],
    ["tokenizer.ggml.tokens", "strings", [...tokens, ...words]],
    ["tokenizer.ggml.scores", "f32s", [...tokens.map(() => 0), ...words.map((_, i) => -i)]],
    ["tokenizer.ggml.token_type", "i32s", [...kinds, ...words.map(() => 1)]],
    ["tokenizer.ggml.bos_token_id", "u32", 1],
    ["tokenizer.ggml.eos_token_id", "u32", 2],
    ["tokenizer.ggml.unknown_token_id", "u32", 0],
    ["tokenizer.ggml.add_bos_token", "bool", true],
    ["tokenizer.ggml.add_space_prefix", "bool", true],
  ];
  const replaced = new Set(entries.map(([key]) => key));
  return [...all.filter(([key]) => !replaced.has(key)), ...entries];
}

/** `count` different texts: a space, letters, then every text before it with a letter more, in turn. */
function vocabulary(count: number): string[] {
  const letters = [..."etaoinshrdlucmfwypvbgkjqxz0123456789.,!?"];
  const words = ["\u2581", ...letters];
  for (let i = 0; words.length < count; i++) {
    words.push(words[Math.floor(i / letters.length)]! + letters[i % letters.length]!);
  }
  return words.slice(0, count);
}

interface Encoding {
  readonly type: number;
  readonly elements: number;
  readonly bytes: number;
  /** Elements of standard deviation `deviation`, from the generator. */
  fill(out: DataView, next: () => number, deviation: number): void;
}

function contents(shape: SyntheticShape, { seed, type }: SyntheticOptions): GgufContent[] {
  const { dim, layers, heads, kvHeads, ffn, vocab, tied } = shape;
  const next = generator(seed);
  const kvDim = (dim / heads) * kvHeads;
  const matrix = (name: string, columns: number, rows: number, gain = 1): GgufContent => {
    const encoding = ENCODINGS[type];
    const blocks = (rows * columns) / encoding.elements;
    const data = (): Uint8Array => {
      const out = new Uint8Array(blocks * encoding.bytes);
      for (let i = 0; i < blocks; i++) {
        encoding.fill(new DataView(out.buffer, i * encoding.bytes, encoding.bytes), next, gain / Math.sqrt(columns));
      }
      return out;
    };
    return {
      name: `${name}.weight`,
      dimensions: [columns, rows],
      type: encoding.type,
      bytes: blocks * encoding.bytes,
      data,
    };
  };
  const norm = (name: string): GgufContent => ({
    ...{ name: `${name}.weight`, dimensions: [dim], type: 0, bytes: 4 * dim },
    data: () => new Uint8Array(Float32Array.from({ length: dim }, () => 0.7 + (0.6 * next()) / 2 ** 32).buffer),
  });
  const layer = (l: number): GgufContent[] => [
    norm(`blk.${l}.attn_norm`),
    matrix(`blk.${l}.attn_q`, dim, dim, 1.5),
    matrix(`blk.${l}.attn_k`, dim, kvDim, 1.5),
    matrix(`blk.${l}.attn_v`, dim, kvDim),
    matrix(`blk.${l}.attn_output`, dim, dim, 0.5),
    norm(`blk.${l}.ffn_norm`),
    matrix(`blk.${l}.ffn_gate`, dim, ffn, 1.5),
    matrix(`blk.${l}.ffn_up`, dim, ffn),
    matrix(`blk.${l}.ffn_down`, ffn, dim, 0.7),
  ];
  const body = Array.from({ length: layers }, (_, l) => layer(l)).flat();
  return [
    matrix("token_embd", dim, vocab),
    ...body,
    norm("output_norm"),
    ...(tied ? [] : [matrix("output", dim, vocab)]),
  ];
}

/** Near enough to a normal distribution of deviation 1: the sum of four bytes. */
function gauss(bits: number): number {
  return ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510) / 147.8;
}

const values = new Float64Array(32);
function drawBlock(next: () => number, deviation: number): number {
  let largest = 0;
  for (let i = 0; i < 32; i++) {
    values[i] = gauss(next()) * deviation;
    if (Math.abs(values[i]!) > Math.abs(largest)) largest = values[i]!;
  }
  return largest;
}

function halfOf(x: number): number {
  const sign = x < 0 ? 0x8000 : 0;
  const magnitude = Math.abs(x);
  if (magnitude < 2 ** -14) return sign | Math.round(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  return sign | (((exponent + 15) << 10) + Math.round((magnitude / 2 ** exponent - 1) * 1024));
}

const ENCODINGS: Readonly<Record<EncodingName, Encoding>> = {
  F32: { type: 0, elements: 1, bytes: 4, fill: (out, next, d) => out.setFloat32(0, gauss(next()) * d, true) },
  F16: { type: 1, elements: 1, bytes: 2, fill: (out, next, d) => out.setUint16(0, halfOf(gauss(next()) * d), true) },
  BF16: {
    ...{ type: 30, elements: 1, bytes: 2 },
    fill(out, next, deviation) {
      const word = new DataView(Float32Array.of(gauss(next()) * deviation).buffer);
      out.setUint16(0, word.getUint16(2, true), true);
    },
  },
  Q8_0: {
    ...{ type: 8, elements: 32, bytes: 34 },
    fill(out, next, deviation) {
      const scale = Math.abs(drawBlock(next, deviation)) / 127;
      out.setUint16(0, halfOf(scale), true);
      for (let i = 0; i < 32; i++) out.setInt8(2 + i, scale === 0 ? 0 : Math.round(values[i]! / scale));
    },
  },
  Q4_0: {
    ...{ type: 2, elements: 32, bytes: 18 },
    fill(out, next, deviation) {
      const scale = drawBlock(next, deviation) / -8;
      out.setUint16(0, halfOf(scale), true);
      const step = (i: number): number =>
        scale === 0 ? 8 : Math.min(15, Math.max(0, Math.round(values[i]! / scale + 8)));
      for (let i = 0; i < 16; i++) out.setUint8(2 + i, step(i) | (step(i + 16) << 4));
    },
  },
  Q4_K: {
    ...{ type: 12, elements: 256, bytes: 144 },
    fill(out, next, deviation) {
      for (let i = 4; i < 144; i += 4) out.setUint32(i, next(), true);
      // 15 steps of 32 units around a minimum of 240: the middle of what the six-bit fields can say.
      out.setUint16(0, halfOf(deviation / 150), true);
      out.setUint16(2, halfOf(deviation / 20), true);
    },
  },
  Q6_K: {
    ...{ type: 14, elements: 256, bytes: 210 },
    fill(out, next, deviation) {
      for (let i = 0; i < 208; i += 4) out.setUint32(i, next(), true);
      out.setUint16(208, halfOf(deviation / 1400), true);
    },
  },
};

function generator(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
