import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultFixtures, FixturesAbsentError, fixtureRoots } from "../conformance/fixtures.ts";

interface BenchFixture {
  readonly pre: Readonly<Record<string, { readonly code: string }>>;
}

/** Code of the contracts of the `evm-bench` fixtures; none where there are no fixtures. */
export function realContracts(): Uint8Array[] {
  try {
    const folder = fixtureRoots(defaultFixtures(), () => {})
      .map((root) => join(root, "evm-bench"))
      .find((path) => existsSync(path));
    return folder === undefined ? [] : readdirSync(folder).flatMap((file) => codesIn(join(folder, file)));
  } catch (error) {
    if (error instanceof FixturesAbsentError) return [];
    throw error;
  }
}

function codesIn(path: string): Uint8Array[] {
  const fixtures = JSON.parse(readFileSync(path, "utf8")) as Record<string, BenchFixture>;
  return Object.values(fixtures)
    .flatMap(({ pre }) => Object.values(pre))
    .filter(({ code }) => code.length > 2)
    .map(({ code }) => Uint8Array.from(Buffer.from(code.slice(2), "hex")));
}
