import { readFileSync } from "node:fs";
import { createEngine, type ModelHeader } from "@hyperion/inference";
import { ConfigError } from "./config/load.ts";

const SHIPPED = new URL(import.meta.resolve("@hyperion/inference/default.model"));

export interface LoadedModel {
  readonly bytes: Uint8Array;
  /** 32 bytes. */
  readonly root: Uint8Array;
  readonly parameters: number;
}

/**
 * Reads and validates the chain's default model.
 *
 * @param file path of a model blob; empty: the model that ships with Hyperion
 * @throws ConfigError when the file cannot be read or the model is too large for transactions, ModelError when the engine refuses it
 */
export const loadModel = (file: string): LoadedModel => {
  const bytes = readModel(file);
  const engine = createEngine(bytes);
  if (!engine.callable) {
    throw new ConfigError(
      `The model ${file} is too large to be called from transactions: at most 2,000,000 parameters, 4 MiB and a context of 256.`,
    );
  }
  return { bytes, root: engine.id, parameters: parameterCount(engine.header) };
};

const readModel = (file: string): Uint8Array => {
  try {
    return new Uint8Array(readFileSync(file === "" ? SHIPPED : file));
  } catch (cause) {
    throw new ConfigError(
      `The model ${file || "that ships with Hyperion"} cannot be read: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
};

/** Weights of embedding, layers, norms and head. */
const parameterCount = (header: ModelHeader): number => {
  const { dim, headDim, heads, kvHeads, ffn, vocab, layers } = header;
  const attention = 2 * dim * heads * headDim + 2 * dim * kvHeads * headDim;
  const perLayer = attention + 3 * dim * ffn + 2 * dim;
  return vocab * dim * (header.tied ? 1 : 2) + layers * perLayer + dim;
};
