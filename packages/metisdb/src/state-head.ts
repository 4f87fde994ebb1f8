import type { StateView } from "./api.ts";
import { blockEntries, type DatabaseChange, type StateUpdate, stateEntries } from "./change.ts";
import { DatabaseError } from "./errors.ts";
import { numberKey, owned } from "./keys.ts";
import { Layer } from "./layer.ts";
import type { Overlay } from "./overlay.ts";
import { readPosition } from "./position.ts";
import type { LogRecord, StateRecord } from "./record.ts";
import { prunedHeight, readState, unknownHeight } from "./state-view.ts";
import type { Environment } from "./tables.ts";
import { Snapshot, Version } from "./version.ts";

interface NewestState {
  readonly height: bigint;
  readonly root: Uint8Array;
}

/** The newest state and how changes move it on; states of retained heights below it. */
export class StateHead {
  readonly #environment: Environment;
  readonly #overlay: Overlay;
  readonly #horizon: () => bigint;
  #newest: NewestState | undefined;
  #snapshot: Snapshot | undefined;

  /** @param horizon oldest height that can be read */
  constructor(environment: Environment, overlay: Overlay, horizon: () => bigint) {
    this.#environment = environment;
    this.#overlay = overlay;
    this.#horizon = horizon;
    this.#newest = storedState(environment);
  }

  /** `undefined` before the first state. */
  get height(): bigint | undefined {
    return this.#newest?.height;
  }

  /** Moves with the newest state. */
  view(): StateView {
    const newest = (): NewestState => {
      if (!this.#newest) throw unknownHeight(0n, undefined);
      return this.#newest;
    };
    return {
      get height() {
        return newest().height;
      },
      get root() {
        return newest().root;
      },
      ...readState(this.#overlay),
      release: () => {},
    };
  }

  /** @throws DatabaseError HEIGHT_PRUNED, HEIGHT_UNKNOWN */
  version(height: bigint): Version {
    const horizon = this.#horizon();
    if (height < horizon) throw prunedHeight(height, horizon);
    this.#snapshot ??= new Snapshot(this.#environment).use();
    return new Version(this.#snapshot, this.#overlay.layers, height);
  }

  /**
   * Makes the newest state that of a change.
   *
   * @returns its record for the log, and what it leaves in memory, oldest first
   * @throws DatabaseError CHANGE_OUT_OF_ORDER, HEIGHT_UNKNOWN, HEIGHT_PRUNED
   */
  advance(sequence: number, change: DatabaseChange): { record: LogRecord; layers: Layer[] } {
    const rollback = this.#rollbackLayer(sequence, change.rollback);
    checkOrder(rollback?.height ?? this.height, change.states ?? []);
    const states: StateRecord[] = [];
    const layers = rollback ? [rollback] : [];
    for (const { number, root, change: stateChange } of change.states ?? []) {
      // Wiped storage is looked up behind what the same change rolled back or changed before.
      const ahead = stateChange.wipedStorage?.length ? this.#aheadWith(layers, states) : this.#overlay;
      states.push({ height: number, root: owned(root), entries: stateEntries(stateChange, ahead) });
    }
    const record = { sequence, rollback: rollback && change.rollback, states, entries: blockEntries(change) };
    return { record, layers: this.#layersOf(record, rollback) };
  }

  /** As `advance`, for a record of the log. */
  take(record: LogRecord): Layer[] {
    return this.#layersOf(record, this.#rollbackLayer(record.sequence, record.rollback));
  }

  /** The tables changed, or are about to be closed: later versions begin from what they have then. */
  settle(): void {
    this.#snapshot?.release();
    this.#snapshot = undefined;
  }

  #layersOf({ sequence, states, entries }: LogRecord, rollback: Layer | undefined): Layer[] {
    const layers = rollback ? [rollback] : [];
    for (const state of states) layers.push(new Layer(sequence, state.entries, state));
    if (entries.length > 0) layers.push(new Layer(sequence, entries));
    const newest = layers.findLast((layer) => layer.height !== undefined);
    if (newest) this.#newest = { height: newest.height!, root: newest.root! };
    return layers;
  }

  /** The values that every key changed above a height had there. */
  #rollbackLayer(sequence: number, height: bigint | undefined): Layer | undefined {
    if (height === undefined) return undefined;
    const version = this.version(height);
    const entries = [...version.changedSince(this.#overlay.layers)];
    version.release();
    return new Layer(sequence, entries, { height, root: version.root });
  }

  #aheadWith(layers: readonly Layer[], states: readonly StateRecord[]): Overlay {
    return this.#overlay.with([...layers, ...states.map((state) => new Layer(0, state.entries, state))]);
  }
}

function checkOrder(head: bigint | undefined, states: readonly StateUpdate[]): void {
  let previous = head;
  for (const { number } of states) {
    if (previous !== undefined && number !== previous && number !== previous + 1n) {
      throw new DatabaseError("CHANGE_OUT_OF_ORDER", `a state of height ${number} cannot follow height ${previous}`);
    }
    previous = number;
  }
}

function storedState(environment: Environment): NewestState | undefined {
  const { height } = readPosition(environment);
  const root = height === undefined ? undefined : environment.tables.states.get(numberKey(height));
  return root && { height: height!, root };
}
