import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** Left to right: a package may import only packages to its left. ARCHITECTURE.md explains the order. */
const ORDER = [
  // Compiled artifacts: no package at all, but what may be read by any.
  "contracts",
  "kernel",
  "metisdb",
  "inference",
  "metisvm",
  "parallel",
  "chain",
  "sequencer",
  "rollup",
  "proofs",
  "rpc",
  "node",
  "sdk",
  "lazai",
  "alith",
] as const;

const root = join(import.meta.dirname, "..");
const packages = readdirSync(join(root, "packages")).filter((name) =>
  existsSync(join(root, "packages", name, "package.json")),
);

const declared = (name: string): string[] => {
  const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
  return Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter((dependency) => dependency.startsWith("@hyperion/"))
    .map((dependency) => dependency.slice("@hyperion/".length));
};

const sourceFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));

const imported = (name: string): Set<string> => {
  const found = new Set<string>();
  for (const file of sourceFiles(join(root, "packages", name, "src"))) {
    for (const match of readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"@hyperion\/([\w-]+)/g)) {
      found.add(match[1] as string);
    }
  }
  return found;
};

describe("layering", () => {
  it("every package has a place in the order", () => {
    expect(packages.filter((name) => !ORDER.includes(name as (typeof ORDER)[number]))).toEqual([]);
  });

  it.each(packages)("%s imports only packages to its left", (name) => {
    const left = ORDER.slice(0, ORDER.indexOf(name as (typeof ORDER)[number])) as readonly string[];
    expect(declared(name).filter((dependency) => !left.includes(dependency))).toEqual([]);
    expect([...imported(name)].filter((dependency) => dependency !== name && !left.includes(dependency))).toEqual([]);
  });

  it.each(packages)("%s declares what it imports", (name) => {
    const allowed = new Set([...declared(name), name]);
    expect([...imported(name)].filter((dependency) => !allowed.has(dependency))).toEqual([]);
  });

  it("no room without a purpose", () => {
    const forbidden = new Set(["utils", "util", "common", "shared", "helpers", "misc"]);
    const folders = ["packages", "apps", "contracts", "test", "bench"].flatMap((top) =>
      readdirSync(join(root, top), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !/node_modules|dist/.test(entry.parentPath))
        .map((entry) => entry.name),
    );
    expect(folders.filter((folder) => forbidden.has(folder))).toEqual([]);
  });
});
