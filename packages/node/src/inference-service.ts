import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { InferenceService, type ModelStore, nameModel, type ServedModel } from "@hyperion/inference";
import { ConfigError } from "./config/load.ts";
import type { NodeConfig } from "./config/schema.ts";
import type { LoadedModel } from "./model.ts";

const MIB = 1024 * 1024;

/**
 * The models that answer users off chain: the chain's, those of the configuration, and by their roots those of the registry.
 *
 * @throws ConfigError when a file cannot be read, ModelError when it is no model
 */
export const createInferenceService = (
  { inference }: Pick<NodeConfig, "inference">,
  model: LoadedModel | undefined,
  store: ModelStore,
): InferenceService | undefined => {
  if (!inference.api || !model) return undefined;
  const { queue, maxTokens, threads, residentMib } = inference;
  const own = { name: "default", root: model.root, bytes: model.bytes.length, blob: model.bytes };
  const models = [own, ...inference.models.map(servedModel)];
  return new InferenceService({
    models,
    lookUp: (root) => store.get(root),
    queue,
    maxTokens,
    threads,
    residentBytes: residentMib * MIB,
  });
};

const servedModel = (file: string): ServedModel => {
  const { root, bytes } = nameModel(read(file));
  return { name: basename(file).replace(/\.model$/, ""), root, bytes: bytes.length, blob: file };
};

const read = (file: string): Uint8Array => {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (cause) {
    throw new ConfigError(`The model ${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
};
