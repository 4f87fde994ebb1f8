import { readFileSync } from "node:fs";
import { createClassifier } from "./classifier.ts";
import { createEngine } from "./engine.ts";
import { isNetwork } from "./network-blob.ts";

/** A model and its name, as chains are given it. */
export interface NamedModel {
  /** 32 bytes, docs/spec/model.md "Root". */
  readonly root: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Names a model blob. Throws `ModelError` when it is not valid. */
export function nameModel(bytes: Uint8Array): NamedModel {
  return { root: isNetwork(bytes) ? createClassifier(bytes).id : createEngine(bytes).id, bytes };
}

/** The model that ships with this package: plain-language DeFi intents to JSON tool calls. */
export function readDefaultModel(): NamedModel {
  return nameModel(new Uint8Array(readFileSync(new URL("../models/default.model", import.meta.url))));
}

/** The network that ships with this package: digits and shapes in small pictures (`training/images.ts`). */
export function readShapesModel(): NamedModel {
  return nameModel(new Uint8Array(readFileSync(new URL("../models/shapes.model", import.meta.url))));
}
