import type { Transaction } from "lmdb";
import type { StateView } from "./api.ts";
import { DatabaseError } from "./errors.ts";
import { blockHistory, leafKeyAt, valueAt, valueBefore } from "./history.ts";
import { isStateTable, numberKey, pathRange, STATE_TABLES, type StateTable, text } from "./keys.ts";
import type { Layer } from "./layer.ts";
import { type KeySeek, layerSeeks, seekAmong } from "./overlay.ts";
import { type Position, readPosition } from "./position.ts";
import type { Entry } from "./record.ts";
import { prunedHeight, readState, unknownHeight, type VersionReader } from "./state-view.ts";
import type { Environment } from "./tables.ts";

/** A version of the tables that several views share. */
export class Snapshot {
  readonly environment: Environment;
  readonly reader: Transaction;
  readonly position: Position;
  #users = 0;

  constructor(environment: Environment) {
    this.environment = environment;
    this.reader = environment.snapshot();
    this.position = readPosition(environment, this.reader);
  }

  use(): this {
    this.#users++;
    return this;
  }

  release(): void {
    if (--this.#users === 0) this.environment.done(this.reader);
  }
}

/**
 * The state of a height: layers over a snapshot of the tables. When the height is older than the tables, their history
 * answers instead.
 */
export class Version implements VersionReader {
  readonly height: bigint;
  readonly root: Uint8Array;
  readonly #snapshot: Snapshot;
  /** Newest first; all behind the snapshot, none above the height. */
  readonly #layers: readonly Layer[];
  readonly #past: boolean;
  #released = false;

  /**
   * @param layers pending layers, oldest first
   * @throws DatabaseError HEIGHT_UNKNOWN, HEIGHT_PRUNED
   */
  constructor(snapshot: Snapshot, layers: readonly Layer[], height: bigint) {
    const { position, environment, reader } = snapshot;
    const newest = lastIndexAt(layers, height);
    const newer = layers.slice(0, newest + 1).filter((layer) => layer.sequence > position.sequence);
    this.height = height;
    this.#snapshot = snapshot;
    this.#layers = newer.reverse();
    this.#past = this.#layers.length === 0 && position.height !== height;
    if (height < position.horizon) throw prunedHeight(height, position.horizon);
    const made = this.#layers.find((layer) => layer.height !== undefined);
    const known = made ? made.height === height : position.height !== undefined && height <= position.height;
    const root = made?.root ?? environment.tables.states.get(numberKey(height), reader);
    if (!known || !root) throw unknownHeight(height, made?.height ?? position.height);
    this.root = root;
    snapshot.use();
  }

  get(table: StateTable | "code", key: Uint8Array): Uint8Array | undefined {
    if (this.#released) throw new DatabaseError("DATABASE_CLOSED", "the view was released");
    if (this.#layers.length > 0) {
      const name = text(key);
      for (const layer of this.#layers) {
        const entries = layer.table(table)?.entries;
        if (entries?.has(name)) return entries.get(name);
      }
    }
    const { environment, reader } = this.#snapshot;
    if (table === "code" || !this.#past) return environment.tables[table].get(key, reader);
    return valueAt(environment, table, key, Number(this.height), this.#head, reader);
  }

  leafKey(owner: Uint8Array, path: Uint8Array): Uint8Array | undefined {
    const { environment, reader } = this.#snapshot;
    if (this.#past) return leafKeyAt(environment, owner, path, Number(this.height), this.#head, reader);
    const table = owner.length === 0 ? "accounts" : "slots";
    const { start, end } = pathRange(owner, path);
    const stored: KeySeek = (from, to) => environment.tables[table].seek(from, to, reader);
    const sources = [stored, ...layerSeeks(this.#layers, table)];
    return seekAmong(sources, start, end, (key) => this.get(table, key) !== undefined);
  }

  /** Every key whose value may differ in the newest state, with its value here. A key may come twice. */
  *changedSince(layers: readonly Layer[]): Generator<Entry> {
    const { environment, reader, position } = this.#snapshot;
    const own = new Set(this.#layers);
    for (const layer of layers) {
      if (own.has(layer) || layer.sequence <= position.sequence) continue;
      for (const [table, key] of layer.entries) {
        if (isStateTable(table)) yield [table, key, this.get(table, key)];
      }
    }
    if (!this.#past) return;
    const seen = new Set<string>();
    for (let block = Number(this.height) + 1; block <= this.#head; block++) {
      for (const entry of blockHistory(environment, block, reader)) {
        const name = entry.kind + text(entry.key);
        // The oldest change behind the height has the height's value.
        if (!seen.has(name)) yield [STATE_TABLES[entry.kind]!, entry.key, valueBefore(entry)];
        seen.add(name);
      }
    }
  }

  get #head(): number {
    return Number(this.#snapshot.position.height!);
  }

  view(): StateView {
    return {
      height: this.height,
      root: this.root,
      ...readState(this),
      release: () => this.release(),
    };
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#snapshot.release();
  }
}

/** The last layer that leaves the state at the height or below; what comes after it is newer, or was rolled back to it. */
function lastIndexAt(layers: readonly Layer[], height: bigint): number {
  return layers.findLastIndex((layer) => layer.height !== undefined && layer.height <= height);
}
