import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { REPOSITORY } from "../conformance/fixtures.ts";
import { forge, forgeTest } from "./forge.ts";

/** The first run compiles with the WebAssembly build of solc, alone on its core. */
const TIMEOUT = 600_000;

describe.skipIf(forge === undefined)("contracts under forge", () => {
  it("pass unit, fuzz and invariant tests, at the price of gas.json", { timeout: TIMEOUT }, async () => {
    const { results, gas } = await forgeTest();
    expect(results.length).toBeGreaterThan(60);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    const file = join(REPOSITORY, "contracts", "gas.json");
    await expect(`${JSON.stringify(gas, null, 2)}\n`).toMatchFileSnapshot(file);
  });
});
