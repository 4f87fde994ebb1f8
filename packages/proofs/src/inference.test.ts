import { createEngine, readDefaultModel } from "@hyperion/inference";
import { describe, expect, it } from "vitest";
import { createGuestEngine } from "./testing/guest-engine.ts";
import { evidenceDifference, inferenceDifference } from "./testing/inference-difference.ts";

const GAS = 20_000_000n;

describe("inference in the emulator and with SIMD", () => {
  it("gives the same tokens, gas and per-layer roots on the default model", () => {
    const { bytes } = readDefaultModel();
    const [simd, guest] = [createEngine(bytes), createGuestEngine(bytes)];
    const prompt = new TextEncoder().encode("lend 5 ETH to the pool");
    const actual = guest.examine(prompt, GAS);
    expect(evidenceDifference(simd.examine(prompt, GAS), actual)).toBeUndefined();
    expect(Buffer.from(actual.output).toString()).toBe('{"tool":"lend","asset":"ETH","amount":"5"}');
    expect(actual.layers.length).toBeGreaterThan(0);
  });

  it("gives the same on random models, and on ones with every number at the end of its range", () => {
    for (let seed = 1; seed <= 8; seed++) {
      expect([seed, inferenceDifference(seed)]).toEqual([seed, undefined]);
    }
  });
});
