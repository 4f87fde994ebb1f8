import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { idText, isDeeperThan } from "./json-rpc.ts";

const depthOf = (value: unknown): number => {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
};

describe("isDeeperThan", () => {
  it("agrees with the parsed value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(8), (value, limit) => {
        expect(isDeeperThan(Buffer.from(JSON.stringify(value)), limit)).toBe(depthOf(value) > limit);
      }),
    );
  });

  it("ignores brackets and escaped quotes in strings", () => {
    expect(isDeeperThan(Buffer.from(String.raw`"[[[[\"[[[[\\"`), 1)).toBe(false);
  });

  it("stops at text that only opens", () => {
    expect(isDeeperThan(Buffer.alloc(100_000, "["), 64)).toBe(true);
  });
});

describe("idText", () => {
  it.each([
    [1, "1"],
    [null, "null"],
    ['a"b', '"a\\"b"'],
    [1.5, "1.5"],
  ])("accepts %j", (id, text) => expect(idText(id)).toBe(text));

  it.each([[{}], [[]], [true], ["x".repeat(300)]])("refuses %j", (id) => expect(idText(id)).toBeUndefined());
});
