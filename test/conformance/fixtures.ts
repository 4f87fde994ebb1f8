import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { tarEntries } from "./tar.ts";

/** Repository root, from `test/dist/conformance` or `test/conformance`. */
export const REPOSITORY: string = repositoryRoot(dirname(fileURLToPath(import.meta.url)));

function repositoryRoot(from: string): string {
  return existsSync(join(from, "package-lock.json")) ? from : repositoryRoot(dirname(from));
}

export class FixturesAbsentError extends Error {
  readonly code = "FIXTURES_ABSENT";

  constructor(directory: string) {
    super(
      `There are no fixtures at ${directory}. Point HYPERION_FIXTURES or --dir at a folder holding the conformance archives (*.tar.gz) or unpacked test files.`,
    );
  }
}

/** The default fixtures folder: `HYPERION_FIXTURES`, else `../shared/fixtures` beside the repository. */
export function defaultFixtures(): string {
  return resolve(process.env.HYPERION_FIXTURES ?? join(REPOSITORY, "..", "shared", "fixtures"));
}

/** Unpacked roots of a fixtures folder: itself and each archive in it, unpacked once into the cache. */
export function fixtureRoots(directory: string, onUnpack: (archive: string) => void = () => {}): string[] {
  if (!existsSync(directory)) throw new FixturesAbsentError(directory);
  if (!statSync(directory).isDirectory()) return [directory];
  const archives = readdirSync(directory).filter((name) => name.endsWith(".tar.gz"));
  return [directory, ...archives.map((name) => unpackOnce(join(directory, name), onUnpack))];
}

/** Where what is unpacked or installed once is kept, outside the repository. */
export function cacheDirectory(): string {
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return join(base, "hyperion");
}

function unpackOnce(archive: string, onUnpack: (archive: string) => void): string {
  const compressed = readFileSync(archive);
  const digest = createHash("sha256").update(compressed).digest("hex").slice(0, 16);
  const target = join(cacheDirectory(), "fixtures", `${basename(archive, ".tar.gz")}-${digest}`);
  if (existsSync(target)) return target;
  onUnpack(archive);
  const partial = `${target}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  for (const { path, content } of tarEntries(gunzipSync(compressed))) {
    const file = join(partial, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  try {
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/**
 * Files of a suite below `roots`: those in the first of `folders` present in each root, or, where no root has any,
 * every file with `extension`.
 */
export function findFixtureFiles(roots: readonly string[], folders: readonly string[], extension: string): string[] {
  const known = roots.flatMap((root) => {
    const folder = folders.map((name) => join(root, name)).find((path) => existsSync(path));
    return folder === undefined ? [] : [folder];
  });
  return (known.length > 0 ? known : roots).flatMap((root) => [...filesBelow(root, extension)]);
}

function* filesBelow(path: string, extension: string): Generator<string> {
  if (!statSync(path).isDirectory()) {
    if (path.endsWith(extension)) yield path;
    return;
  }
  for (const name of readdirSync(path).sort()) {
    if (!name.startsWith(".")) yield* filesBelow(join(path, name), extension);
  }
}
