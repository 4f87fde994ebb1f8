import { statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { defaultFixtures, FixturesAbsentError, findFixtureFiles, fixtureRoots } from "./fixtures.ts";
import type { Job } from "./messages.ts";
import type { Options } from "./options.ts";
import { parseOptions, USAGE, UsageError } from "./options.ts";
import { runPool } from "./pool.ts";
import { Report } from "./report.ts";
import type { Suite } from "./suite.ts";
import { SUITES } from "./suites/suites.ts";

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${USAGE}`);
  else if (error instanceof FixturesAbsentError) console.error(error.message);
  else throw error;
  process.exitCode = 2;
}

async function main(options: Options): Promise<number> {
  const suite = await SUITES[options.suite]!();
  const directory = options.directory === undefined ? defaultFixtures() : resolve(options.directory);
  const roots = fixtureRoots(directory, (archive) => console.error(`unpacking ${archive}`));
  const files = listFiles(suite, roots);
  if (files.length === 0) throw new FixturesAbsentError(directory);
  const report = new Report();
  const progress = progressLine();
  const { stateless, metisdb, mode, workers, cacheBytes } = options;
  const data = {
    suite: options.suite,
    filter: options.filter,
    options: { stateless, metisdb, mode, workers, cacheBytes },
  };
  const jobs = Math.min(suite.maxJobs ?? options.jobs, options.jobs);
  await runPool(data, files, { ...options, jobs }, (label, outcome) => {
    report.add(label, outcome);
    progress.show(() => `${options.suite}: ${report.counts}`);
  });
  progress.clear();
  if (options.json) console.log(JSON.stringify(report.json(), undefined, 2));
  else report.print(options.examples);
  console.log(report.counts);
  return report.failed > 0 ? 1 : 0;
}

/** Largest files first, so that no worker is left with a long one at the end; in order where the order matters. */
function listFiles(suite: Suite, roots: readonly string[]): Omit<Job, "from">[] {
  const paths = findFixtureFiles(roots, suite.folders, suite.extension);
  const files = paths.map((path) => ({ path, label: label(path, roots), size: statSync(path).size }));
  return suite.maxJobs === 1 ? files : files.sort((a, b) => b.size - a.size);
}

function label(path: string, roots: readonly string[]): string {
  const root = roots.find((candidate) => path.startsWith(`${candidate}/`));
  return root === undefined ? path : relative(root, path);
}

function progressLine(): { show(text: () => string): void; clear(): void } {
  if (!process.stderr.isTTY) return { show: () => {}, clear: () => {} };
  let shown = 0;
  return {
    show(text) {
      if (Date.now() - shown < 200) return;
      shown = Date.now();
      process.stderr.write(`\r\x1b[K${text()}`);
    },
    clear: () => void process.stderr.write("\r\x1b[K"),
  };
}
