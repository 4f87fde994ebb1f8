import type { Database } from "@hyperion/metisdb";

/** The models that the inference precompile may run: known by their roots, but no part of the state. */
export type ModelLookup = (root: Uint8Array) => Uint8Array | undefined;

/** What hashes stand for: code of the database, and models. */
export class Preimages {
  readonly #database: Database;
  readonly #models: ModelLookup;

  constructor(database: Database, models: ModelLookup = () => undefined) {
    this.#database = database;
    this.#models = models;
  }

  /** The bytes are valid until the next call. */
  get(hash: Uint8Array): Uint8Array | undefined {
    return this.#database.preimage(hash) ?? this.#models(hash);
  }
}
