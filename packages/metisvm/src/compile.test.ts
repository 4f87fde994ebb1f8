import { FORKS, type ForkName } from "@hyperion/kernel";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile, type Tier } from "./compile.ts";
import { TooLarge } from "./program/explore.ts";

const TIERS: readonly Tier[] = ["simple", "window"];
const MAX_CODE = 24_576;
const repeat = (bytes: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: MAX_CODE }, (_, i) => bytes[i % bytes.length]!);

function compiled(code: Uint8Array, fork: ForkName, tier: Tier): Uint8Array | undefined {
  try {
    return compile(code, fork, tier);
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}

test.each(TIERS)("any bytes make a valid module or are refused (%s)", (tier) => {
  const instructions = fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0x5b, 0x60, 0x61, 0x56, 0x57, 0x80, 0x90, 0x5f)));
  fc.assert(
    fc.property(instructions, fc.constantFrom(...FORKS), (bytes, fork) => {
      const module = compiled(Uint8Array.from(bytes), fork, tier);
      return module === undefined || WebAssembly.validate(module as Uint8Array<ArrayBuffer>);
    }),
    { numRuns: 400 },
  );
});

describe.each(TIERS)("contracts made to be hard to compile (%s)", (tier) => {
  const bombs: Readonly<Record<string, Uint8Array>> = {
    "jump destinations alone": repeat([0x5b]),
    "wide constants": repeat([0x7f, ...new Array<number>(32).fill(0x5b)]),
    "a stack that grows": repeat([0x5f]),
    "branches everywhere": repeat([0x5b, 0x36, 0x60, 0x00, 0x57]),
    "branches to computed places": repeat([0x5b, 0x36, 0x36, 0x57]),
    "return addresses in all orders": repeat([0x5b, 0x61, 0x00, 0x00, 0x90, 0x80, 0x36, 0x57]),
    "calls everywhere": repeat([0x5b, 0x5f, 0x80, 0x80, 0x80, 0x80, 0x30, 0x5a, 0xf1]),
    "wide products": repeat([0x36, 0x35, 0x80, 0x02, 0x50]),
  };

  test.each(Object.keys(bombs))("%s", (name) => {
    const { user } = process.cpuUsage();
    const module = compiled(bombs[name]!, "osaka", tier);
    expect(module === undefined || WebAssembly.validate(module as Uint8Array<ArrayBuffer>)).toBe(true);
    // CPU time, so that a busy machine does not fail the test; the usual is well below a second.
    expect(process.cpuUsage().user - user).toBeLessThan(20e6);
  });
});
