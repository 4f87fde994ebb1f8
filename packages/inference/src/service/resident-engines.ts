import { readFileSync } from "node:fs";
import { type Classifier, createClassifier } from "../classifier.ts";
import { createEngine, type Engine } from "../engine.ts";
import { isNetwork } from "../network-blob.ts";
import { RequestError } from "../request.ts";
import type { ModelSource } from "./protocol.ts";

type Loaded = Engine | Classifier;

export const isLanguage = (loaded: Loaded): loaded is Engine => "answer" in loaded;

/** Loaded models within a budget of memory: what was not used for the longest goes first. */
export class ResidentEngines {
  readonly #engines = new Map<ModelSource, Loaded>();
  readonly #budget: number;
  readonly #threads: number;

  /** `budget`: bytes of blobs, of which the one in use may be more. */
  constructor(budget: number, threads: number) {
    this.#budget = budget;
    this.#threads = threads;
  }

  async get(source: ModelSource): Promise<Loaded> {
    const known = this.#engines.get(source);
    if (known) {
      this.#engines.delete(source);
      this.#engines.set(source, known);
      return known;
    }
    this.#makeRoom(source.bytes);
    const engine = load(source);
    if (this.#threads > 1 && isLanguage(engine)) await engine.useThreads(this.#threads);
    this.#engines.set(source, engine);
    return engine;
  }

  #makeRoom(bytes: number): void {
    let used = bytes;
    for (const source of this.#engines.keys()) used += source.bytes;
    for (const [source, engine] of this.#engines) {
      if (used <= this.#budget) return;
      if (isLanguage(engine)) engine.close();
      this.#engines.delete(source);
      used -= source.bytes;
    }
  }
}

const load = ({ blob, root }: ModelSource): Loaded => {
  const bytes = typeof blob === "string" ? new Uint8Array(readFileSync(blob)) : blob;
  const engine = isNetwork(bytes) ? createClassifier(bytes) : createEngine(bytes);
  if (Buffer.compare(engine.id, root) !== 0) {
    throw new RequestError("FAILED", "the model's file is no longer the one that was named at the start");
  }
  return engine;
};
