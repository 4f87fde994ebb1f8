import type { ChainConfig, Kernel, PreimageOracle } from "@hyperion/kernel";
import type { Mode } from "./options.ts";
import type { Preimages } from "./preimages.ts";

/** What a case that did not pass says: `reason` groups alike failures in the summary. */
export interface Mismatch {
  readonly reason: string;
  readonly expected: string;
  readonly actual: string;
  /** Further lines: state differences, the test's own description. */
  readonly details?: readonly string[];
}

/** A case that does not apply, with the reason printed in the report. */
export interface Skip {
  readonly skip: string;
}

/** A case that passed but is worth a line in the report, grouped by text. */
export interface Note {
  readonly note: string;
}

export type Verdict = Mismatch | Skip | Note | undefined;

export interface Case {
  readonly name: string;
  run(context: SuiteContext): Promise<Verdict> | Verdict;
}

/** What a worker lends to the cases it runs. */
export interface SuiteContext {
  readonly options: SuiteOptions;
  /** A kernel for these rules, reused between cases, on an empty state and bound to `oracle`. */
  kernel(config: ChainConfig, oracle: PreimageOracle): Promise<Kernel>;
  /** Where a case keeps its states; replaces that of the case before. */
  states(): Promise<(blockHash: (number: bigint) => Uint8Array | undefined) => Preimages>;
  /** Keeps a resource (a running node) for the worker's lifetime. */
  shared<T>(key: string, create: () => Promise<T>, dispose: (value: T) => Promise<void>): Promise<T>;
}

export interface SuiteOptions {
  readonly stateless: boolean;
  readonly metisdb: boolean;
  readonly mode: Mode;
  readonly workers: number;
  readonly cacheBytes: number;
}

export interface Suite {
  /** Where the suite lies in the fixtures tree; the first that exists is used. */
  readonly folders: readonly string[];
  readonly extension: string;
  /** 1 when the cases share one stateful server. */
  readonly maxJobs?: number;
  /** The cases of one file, or `undefined` when the file is of another format. */
  cases(file: FixtureFile): Iterable<Case> | undefined;
}

export interface FixtureFile {
  readonly path: string;
  readonly text: string;
}

/** The entries of a JSON fixture whose values satisfy `isCase`; `undefined` when none does. */
export function jsonCases<T>(
  file: FixtureFile,
  isCase: (value: Record<string, unknown>) => boolean,
): [string, T][] | undefined {
  const parsed: unknown = JSON.parse(file.text);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
  const entries = Object.entries(parsed).filter(([, value]) => {
    return typeof value === "object" && value !== null && isCase(value as Record<string, unknown>);
  });
  return entries.length === 0 ? undefined : (entries as [string, T][]);
}
