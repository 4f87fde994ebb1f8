/** What was asked for on the command line. */
export interface SoakValues {
  /** A positive whole number. */
  count(name: string): number;
  text(name: string): string;
  /** The same seed repeats the same runs. */
  readonly seed: number;
  readonly log: (line: string) => void;
}

/** A property test without an end of its own. */
export interface Soak {
  /** What it does, in a line or two. */
  readonly description: string;
  /** Options besides `--seed`, with their defaults. */
  readonly options: Readonly<Record<string, string>>;
  /** Returns what agreed, in one line. @throws SoakFailure */
  run(values: SoakValues): Promise<string>;
}

/** Something differed: the message shows it whole, so that it can be repeated. */
export class SoakFailure extends Error {
  readonly code = "SOAK_DIFFERENCE";
}

/** What a run cannot do without on this machine. */
export class SoakUnavailable extends Error {
  readonly code = "SOAK_UNAVAILABLE";
}
