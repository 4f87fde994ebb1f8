import { ModelError } from "../errors.ts";
import { type GgufFile, matrixOf } from "./file.ts";
import { integerAt, numberAt, stringAt } from "./metadata.ts";

/** What a Llama-family file says about its network. */
export interface LlamaShape {
  readonly name: string;
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ffn: number;
  readonly vocab: number;
  /** Positions that the model was trained for. */
  readonly context: number;
  readonly epsilon: number;
  readonly tied: boolean;
  readonly theta: number;
  /** [headDim / 2]: what each rotary frequency is multiplied with. */
  readonly frequencyFactors: readonly number[];
  /** What attention scores are multiplied with beside 1 / √headDim. */
  readonly scoreFactor: number;
}

/** Reads `llama.*` and the shapes of the tensors. Throws `ModelError` DAMAGED_FILE or UNSUPPORTED. */
export function llamaShape(file: GgufFile): LlamaShape {
  const architecture = stringAt(file, "general.architecture");
  if (architecture !== "llama") throw new ModelError("UNSUPPORTED", `a model of the architecture ${architecture}`);
  const required = (key: string): number => {
    const value = integerAt(file, `llama.${key}`);
    if (value === undefined || value === 0) throw new ModelError("DAMAGED_FILE", `llama.${key} is missing or 0`);
    return value;
  };
  if ((integerAt(file, "llama.expert_count") ?? 0) > 0) throw new ModelError("UNSUPPORTED", "a mixture of experts");
  const [dim, heads] = [required("embedding_length"), required("attention.head_count")];
  const headDim = integerAt(file, "llama.attention.key_length") ?? dim / heads;
  if (!Number.isInteger(headDim) || headDim === 0 || headDim % 2 !== 0 || headDim > 65_536) {
    throw new ModelError("DAMAGED_FILE", "heads of a broken or odd size");
  }
  const vocab = file.tensors.get("token_embd.weight")?.dimensions[1];
  if (vocab === undefined) throw new ModelError("DAMAGED_FILE", "token_embd.weight is missing");
  return {
    name: stringAt(file, "general.name", "unnamed"),
    ...{ dim, heads, headDim, vocab, layers: required("block_count"), ffn: required("feed_forward_length") },
    kvHeads: integerAt(file, "llama.attention.head_count_kv") ?? heads,
    context: required("context_length"),
    epsilon: numberAt(file, "llama.attention.layer_norm_rms_epsilon") ?? 1e-5,
    tied: !file.tensors.has("output.weight"),
    ...rotary(file, headDim),
  };
}

type Rotary = Pick<LlamaShape, "theta" | "frequencyFactors" | "scoreFactor">;

/** Base, scaling and per-frequency factors of the rotary positions, all of which end in one table. */
function rotary(file: GgufFile, headDim: number): Rotary {
  const theta = numberAt(file, "llama.rope.freq_base") ?? 10_000;
  if (!(theta >= 1 && theta <= 1e12)) throw new ModelError("DAMAGED_FILE", "llama.rope.freq_base is out of range");
  const rotated = integerAt(file, "llama.rope.dimension_count") ?? headDim;
  if (rotated !== headDim) throw new ModelError("UNSUPPORTED", "positions that rotate only a part of each head");
  const pairs = headDim / 2;
  const divisors = file.tensors.get("rope_freqs.weight");
  const plain = divisors ? [...matrixOf(file, divisors).read(0, 1)].map((x) => 1 / x) : Array<number>(pairs).fill(1);
  if (plain.length !== pairs || !plain.every((x) => x > 0 && x <= 1e6)) {
    throw new ModelError("DAMAGED_FILE", "rope_freqs.weight does not fit the heads");
  }
  const type = stringAt(file, "llama.rope.scaling.type", "none");
  const factor = numberAt(file, "llama.rope.scaling.factor") ?? 1;
  if (type === "none" || factor === 1) return { theta, frequencyFactors: plain, scoreFactor: 1 };
  if (!(factor > 0 && factor < 1e6)) throw new ModelError("DAMAGED_FILE", "llama.rope.scaling.factor is out of range");
  if (type === "linear") return { theta, frequencyFactors: plain.map((x) => x / factor), scoreFactor: 1 };
  if (type !== "yarn") throw new ModelError("UNSUPPORTED", `rotary scaling of type ${type}`);
  return yarn(file, theta, plain, factor);
}

/** YaRN: high frequencies stay, low ones are interpolated, with a ramp between; scores are scaled for the longer context. */
function yarn(file: GgufFile, theta: number, plain: readonly number[], factor: number): Rotary {
  const original = integerAt(file, "llama.rope.scaling.original_context_length");
  if (!original) throw new ModelError("DAMAGED_FILE", "llama.rope.scaling.original_context_length is missing");
  const pairs = plain.length;
  const turnsAt = (turns: number): number => (pairs * Math.log(original / (turns * 2 * Math.PI))) / Math.log(theta);
  const [low, high] = [Math.max(0, Math.floor(turnsAt(32))), Math.min(2 * pairs - 1, Math.ceil(turnsAt(1)))];
  const frequencyFactors = plain.map((x, i) => {
    const kept = 1 - Math.min(1, Math.max(0, (i - low) / Math.max(0.001, high - low)));
    return x * ((1 - kept) / factor + kept);
  });
  const magnitude = 1 + 0.1 * Math.log(factor);
  return { theta, frequencyFactors, scoreFactor: magnitude * magnitude };
}
