import { join } from "node:path";
import { ModelStore } from "@hyperion/inference";
import type { NodeConfig } from "./config/schema.ts";
import type { LoadedModel } from "./model.ts";

const MIB = 1024 * 1024;

/** The models that this node has: the chain's default one, and the files in the folder `models` beside its database. */
export const createModelStore = (
  { inMemory, dataDir, inference }: Pick<NodeConfig, "inMemory" | "dataDir" | "inference">,
  model: LoadedModel | undefined,
): ModelStore => {
  const folder = inMemory ? undefined : join(dataDir, "models");
  const store = new ModelStore({ folder, residentBytes: inference.residentMib * MIB });
  if (model) store.pin(model.root, model.bytes);
  return store;
};
