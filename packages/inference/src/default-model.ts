import { readFileSync } from "node:fs";
import { createEngine } from "./engine.ts";

/** A model and its name, as chains are given it. */
export interface NamedModel {
  /** 32 bytes, docs/spec/model.md "Root". */
  readonly root: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Names a model blob. Throws `ModelError` when it is not valid. */
export function nameModel(bytes: Uint8Array): NamedModel {
  return { root: createEngine(bytes).id, bytes };
}

/** The model that ships with this package: plain-language DeFi intents to JSON tool calls. */
export function readDefaultModel(): NamedModel {
  return nameModel(new Uint8Array(readFileSync(new URL("../models/default.model", import.meta.url))));
}
