/** One workload measured on both sides in the same run. */
export interface BenchRow {
  readonly workload: string;
  readonly ours: number;
  /** Absent for figures that stand alone, such as the equality of two builds. */
  readonly peer?: number;
  readonly peerName?: string;
  /** Unit of `ours` and `peer`. */
  readonly unit: string;
  /** Above 1: Hyperion is better, whatever the unit's direction. */
  readonly ratio?: number;
}

/** A target from the project's goals and the geometric mean of the rows against that peer. */
export interface BenchSummary {
  readonly label: string;
  readonly ratio: number;
  readonly target?: number;
}

export interface BenchTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface BenchResult {
  /** How it was measured, in one or two sentences. */
  readonly method: string;
  readonly rows: readonly BenchRow[];
  readonly summary: readonly BenchSummary[];
  /** Further figures without a peer: slowest opcodes, latency percentiles. */
  readonly tables?: readonly BenchTable[];
}

export interface BenchOptions {
  /** Fewer rounds, for a smoke test: figures are rough. */
  readonly quick: boolean;
  readonly log: (line: string) => void;
}

/** What a benchmark file exports. */
export interface Benchmark {
  readonly name: string;
  readonly description: string;
  run(options: BenchOptions): Promise<BenchResult>;
}
