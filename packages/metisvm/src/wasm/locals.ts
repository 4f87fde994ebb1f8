import type { ValueType } from "./instructions.ts";

/**
 * Locals of a function, handed out again when nobody holds them. Locals taken since the last `settle` are free at the
 * next one unless somebody holds them.
 */
export class Locals {
  readonly #parameters: number;
  readonly #types: ValueType[];
  readonly #pooled: boolean[];
  #free = new Map<ValueType, number[]>();
  #holders = new Map<number, number>();
  #recent: number[] = [];

  constructor(parameters: readonly ValueType[]) {
    this.#parameters = parameters.length;
    this.#types = [...parameters];
    this.#pooled = parameters.map(() => false);
  }

  /** A local that stays with who asks. */
  permanent(type: ValueType): number {
    this.#pooled.push(false);
    return this.#types.push(type) - 1;
  }

  take(type: ValueType): number {
    let local = this.#free.get(type)?.pop();
    if (local === undefined) {
      local = this.#types.push(type) - 1;
      this.#pooled.push(true);
    }
    this.#recent.push(local);
    return local;
  }

  hold(local: number): void {
    if (this.#pooled[local]) this.#holders.set(local, (this.#holders.get(local) ?? 0) + 1);
  }

  release(local: number): void {
    if (!this.#pooled[local]) return;
    const left = this.#holders.get(local)! - 1;
    if (left > 0) this.#holders.set(local, left);
    else {
      this.#holders.delete(local);
      this.#give(local);
    }
  }

  /** Ends the life of recent locals that nobody holds. */
  settle(): void {
    for (const local of this.#recent) if (!this.#holders.has(local)) this.#give(local);
    this.#recent = [];
  }

  /** Frees all: for code that runs when no earlier local is needed any more. */
  reset(): void {
    this.#free = new Map();
    this.#holders = new Map();
    this.#recent = [];
    for (let local = this.#types.length - 1; local >= 0; local--) if (this.#pooled[local]) this.#give(local);
  }

  /** What `restore` returns to: who held what. */
  save(): () => void {
    const free = new Map([...this.#free].map(([type, locals]) => [type, [...locals]]));
    const holders = new Map(this.#holders);
    const recent = [...this.#recent];
    const count = this.#types.length;
    return () => {
      this.#free = free;
      this.#holders = holders;
      this.#recent = recent;
      for (let local = count; local < this.#types.length; local++) if (this.#pooled[local]) this.#give(local);
    };
  }

  /** The declarations after the parameters as runs of one type. */
  runs(): [count: number, type: ValueType][] {
    const runs: [number, ValueType][] = [];
    for (const type of this.#types.slice(this.#parameters)) {
      const last = runs.at(-1);
      if (last && last[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    return runs;
  }

  #give(local: number): void {
    const type = this.#types[local]!;
    const free = this.#free.get(type);
    if (free) free.push(local);
    else this.#free.set(type, [local]);
  }
}
