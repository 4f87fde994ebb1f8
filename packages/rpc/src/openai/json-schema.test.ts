import { describe, expect, it } from "vitest";
import { engineSchema } from "./json-schema.ts";
import { ApiError } from "./problem.ts";

const COPY = '{"type":"string","x-copy":"prompt"}';

describe("engineSchema", () => {
  it.each([
    [
      { type: "object", properties: { a: { type: "number", title: "A" } }, required: ["a"] },
      '{"type":"object","properties":{"a":{"type":"number"}}}',
    ],
    [{ type: ["integer", "null"] }, '{"anyOf":[{"type":"integer"},{"type":"null"}]}'],
    [{ type: "string", "x-copy": "prompt", description: "a ticker" }, COPY],
    [{ type: ["string", "null"], "x-copy": "prompt" }, `{"anyOf":[${COPY},{"type":"null"}]}`],
    [{ anyOf: [{ const: "all" }, { type: "string", "x-copy": "prompt" }] }, `{"anyOf":[{"const":"all"},${COPY}]}`],
  ])("writes %j as the engine reads it", (schema, expected) => {
    expect(engineSchema(schema)).toBe(expected);
  });

  it.each([
    [{ type: "string", "x-copy": "answer" }],
    [{ type: "number", "x-copy": "prompt" }],
    [{ "x-copy": "prompt" }],
    [{ type: "string", enum: ["a"], "x-copy": "prompt" }],
    [{ type: "string", "x-other": 1 }],
    [{ type: "string", pattern: "a*" }],
  ])("refuses %j", (schema) => {
    expect(() => engineSchema(schema)).toThrowError(ApiError);
  });
});
