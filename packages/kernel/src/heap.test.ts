import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileStateTest, StateMachine } from "./state-test-entry.ts";

const SMALLEST = 16;

describe("chunks of the heap", () => {
  let module: WebAssembly.Module;

  beforeAll(async () => {
    module = await compileStateTest("simd");
  });

  test("never overlap, whatever is freed and split in between", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: SMALLEST, max: SMALLEST + 5 }), fc.nat(), fc.boolean()), {
      maxLength: 80,
    });
    const property = fc.property(steps, (all) => {
      const { call } = new StateMachine(module, "simd");
      const before = call.chunkMemory!() >>> 0;
      const live: { at: number; log2: number }[] = [];
      for (const [log2, choice, frees] of all) {
        if (frees && live.length > 0) {
          const [chunk] = live.splice(choice % live.length, 1);
          call.freeChunk!(chunk!.at, chunk!.log2);
          continue;
        }
        const at = call.allocateChunk!(log2) >>> 0;
        for (const other of live) {
          expect(at + 2 ** log2 <= other.at || other.at + 2 ** other.log2 <= at).toBe(true);
        }
        live.push({ at, log2 });
      }
      const used = live.reduce((sum, { log2 }) => sum + 2 ** log2, 0);
      expect((call.chunkMemory!() >>> 0) - before).toBe(used);
    });
    fc.assert(property, { numRuns: 60 });
  });

  test("that were freed serve for smaller ones, down to the last byte", () => {
    const { call } = new StateMachine(module, "simd");
    const log2 = SMALLEST + 8;
    call.freeChunk!(call.allocateChunk!(log2), log2);
    const end = call.reserve!(0) >>> 0;
    for (let left = 2 ** (log2 - SMALLEST); left > 0; left--) {
      expect(call.allocateChunk!(SMALLEST) >>> 0).toBeLessThan(end);
    }
    expect(call.reserve!(0) >>> 0).toBe(end);
    expect(call.allocateChunk!(SMALLEST) >>> 0).toBe(end);
  });
});
