import { describe, expect, it } from "vitest";
import { planChain } from "./chain-plan.ts";

const base = { number: 10n, timestamp: 100n };

describe("planChain", () => {
  it("continues numbers and timestamps and fills gaps", () => {
    const plan = planChain(base, [{}, { blockOverrides: { number: 14n } }, { blockOverrides: { timestamp: 149n } }]);
    expect(plan.map(({ number, timestamp }) => [number, timestamp])).toEqual([
      [11n, 112n],
      [12n, 124n],
      [13n, 136n],
      [14n, 148n],
      [15n, 149n],
    ]);
  });

  it.each([
    [[{ blockOverrides: { number: 10n } }], -38020],
    [[{ blockOverrides: { timestamp: 100n } }], -38021],
    [[{ blockOverrides: { number: 12n, timestamp: 112n } }], -38021],
    [[{ blockOverrides: { number: 267n } }], -38026],
    [Array.from({ length: 257 }, () => ({})), -38026],
  ])("refuses case %#", (calls, code) => {
    expect(() => planChain(base, calls)).toThrowError(expect.objectContaining({ code }));
  });
});
