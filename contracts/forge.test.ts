import { describe, expect, it } from "vitest";
import { forge, forgeTest } from "./testing/forge.ts";

/** The first run compiles with the WebAssembly build of solc, alone on its core. */
const TIMEOUT = 300_000;

describe.skipIf(forge === undefined)("contracts under forge", () => {
  it("pass unit, fuzz and invariant tests", { timeout: TIMEOUT }, async () => {
    const results = await forgeTest([]);
    expect(results.length).toBeGreaterThan(20);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
  });
});
