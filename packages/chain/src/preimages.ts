import type { Database } from "@hyperion/metisdb";
import { bytesEqual } from "./byte-key.ts";

/** A model that the inference precompile may load: known by its root, but no part of the state. */
export interface ModelBlob {
  readonly root: Uint8Array;
  readonly bytes: Uint8Array;
}

/** What hashes stand for: code of the database, and the models the node was given. */
export class Preimages {
  readonly #database: Database;
  readonly #models: readonly ModelBlob[];

  constructor(database: Database, models: readonly ModelBlob[] = []) {
    this.#database = database;
    this.#models = models;
  }

  /** The bytes are valid until the next call. */
  get(hash: Uint8Array): Uint8Array | undefined {
    return this.#database.preimage(hash) ?? this.#models.find(({ root }) => bytesEqual(root, hash))?.bytes;
  }
}
