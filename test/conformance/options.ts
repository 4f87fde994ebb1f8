import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { SUITES } from "./suites/suites.ts";

export const USAGE: string = `Usage: npm run conformance -- <suite> [options]

Suites: ${Object.keys(SUITES).join(", ")}

  --dir D          fixtures: a folder of *.tar.gz archives, or any folder or file of test cases
                   (default: HYPERION_FIXTURES, else ../shared/fixtures)
  --filter S       only cases whose "file::name" contains S, or matches it when written /S/
  --mode M         execution path: interpreter (default); jit-simple, jit-window: all code compiled before it runs;
                   parallel: all transactions in batches on several threads; parallel-jit: both
  --threads N      threads of the parallel modes (default 2)
  --no-stateless   blockchain: do not repeat each block from a witness alone
  --metisdb        keep states in a database (MetisDB), read by key and path; default: in memory, by hash
  --cache-bytes N  bytes of state that a kernel keeps between blocks (default 64 MiB); 0 evicts all of it every time
  --jobs N         workers (default: one per core)
  --limit N        stop after N cases
  --timeout N      seconds a case may take (default 120)
  --examples N     failures shown in full per reason (default 3)
  --json           print the outcome as JSON before the last line`;

const MODES = ["interpreter", "jit-simple", "jit-window", "parallel", "parallel-jit"] as const;
const PARALLEL: readonly string[] = ["parallel", "parallel-jit"];

export type Mode = (typeof MODES)[number];

export class UsageError extends Error {
  readonly code = "USAGE";
}

export interface Options {
  readonly suite: string;
  readonly directory: string | undefined;
  readonly filter: string;
  readonly stateless: boolean;
  readonly metisdb: boolean;
  readonly mode: Mode;
  /** Threads besides a kernel's own. */
  readonly workers: number;
  readonly cacheBytes: number;
  readonly jobs: number;
  readonly limit: number;
  readonly timeoutSeconds: number;
  readonly examples: number;
  readonly json: boolean;
}

/** Reads the command line; throws `UsageError`. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const [suite, ...rest] = positionals;
  if (suite === undefined || SUITES[suite] === undefined) throw new UsageError(`Unknown suite: ${suite ?? "(none)"}`);
  if (rest.length > 0) throw new UsageError(`Unexpected argument: ${rest[0]}`);
  const mode = MODES.find((known) => known === values.mode);
  if (mode === undefined) {
    throw new UsageError(`Mode ${values.mode} is not in this build; it has: ${MODES.join(", ")}`);
  }
  return {
    suite,
    directory: values.dir,
    filter: values.filter,
    stateless: values.stateless,
    metisdb: values.metisdb,
    mode,
    workers: PARALLEL.includes(mode) ? Math.max(count("threads", values.threads) - 1, 0) : 0,
    cacheBytes: count("cache-bytes", values["cache-bytes"]),
    jobs: count("jobs", values.jobs),
    limit: count("limit", values.limit),
    timeoutSeconds: count("timeout", values.timeout),
    examples: count("examples", values.examples),
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        dir: { type: "string" },
        filter: { type: "string", default: "" },
        mode: { type: "string", default: "interpreter" },
        threads: { type: "string", default: "2" },
        stateless: { type: "boolean", default: true },
        metisdb: { type: "boolean", default: false },
        "cache-bytes": { type: "string", default: `${64 * 1024 * 1024}` },
        jobs: { type: "string", default: `${availableParallelism()}` },
        limit: { type: "string", default: `${Number.MAX_SAFE_INTEGER}` },
        timeout: { type: "string", default: "120" },
        examples: { type: "string", default: "3" },
        json: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new UsageError(`--${name} wants a whole number, not ${text}`);
  return value;
}
