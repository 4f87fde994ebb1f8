import { describe, expect, it } from "vitest";
import { ropeTable } from "./rope-table.ts";

describe("ropeTable", () => {
  it("is within one unit in the last place of libm, and exact where the angle is 0", () => {
    const [context, headDim, theta] = [128, 32, 10_000];
    const table = ropeTable(context, headDim, theta);
    for (let position = 0; position < context; position++) {
      for (let i = 0; i < headDim; i += 2) {
        const angle = position * theta ** (-i / headDim);
        const at = position * headDim + i;
        expect(Math.abs(table[at]! - Math.cos(angle) * 2 ** 30)).toBeLessThan(1);
        expect(Math.abs(table[at + 1]! - Math.sin(angle) * 2 ** 30)).toBeLessThan(1);
      }
    }
    expect([...table.subarray(0, 4)]).toEqual([1 << 30, 0, 1 << 30, 0]);
  });
});
