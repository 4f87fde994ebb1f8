import { describe, expect, test } from "vitest";
import { differences, shapeDifferences } from "./compare.ts";
import { parseConversation } from "./conversation.ts";

const answer = (result: unknown): object => ({ jsonrpc: "2.0", id: 1, result });
const failure = (error: object): object => ({ jsonrpc: "2.0", id: 1, error });

describe("differences", () => {
  test("finds none between equal answers, whatever the order of members", () => {
    expect(differences(answer({ a: "0x1", b: [1, null] }), answer({ b: [1, null], a: "0x1" }))).toEqual([]);
  });

  test("names a value, a missing and a superfluous member", () => {
    const found = differences(answer({ a: "0x1", b: 2 }), answer({ a: "0x2", c: 3 }));
    expect(found).toHaveLength(3);
    expect(found[0]).toBe('.result.a: expected "0x1", actual "0x2"');
  });

  test("takes any wording of an error but no other code, data or missing message", () => {
    const expected = failure({ code: 3, message: "execution reverted", data: "0x01" });
    expect(differences(expected, failure({ code: 3, message: "reverted", data: "0x01" }))).toEqual([]);
    expect(differences(expected, failure({ code: -32000, message: "reverted", data: "0x01" }))).toHaveLength(1);
    expect(differences(expected, failure({ code: 3, message: "reverted", data: "0x02" }))).toHaveLength(1);
    expect(differences(expected, failure({ code: 3, message: "", data: "0x01" }))).toHaveLength(1);
    expect(differences(expected, answer("0x01"))).not.toEqual([]);
  });
});

describe("shapeDifferences", () => {
  test("takes other values of the same kind", () => {
    expect(shapeDifferences(answer({ a: "0x1", b: [] }), answer({ a: "0x22", b: [1] }))).toEqual([]);
  });

  test("finds a missing member and another kind", () => {
    expect(shapeDifferences(answer({ a: "0x1", b: true }), answer({ a: "one" }))).toHaveLength(2);
  });
});

test("a conversation is read line by line", () => {
  const { exchanges, schemaOnly } = parseConversation('// speconly: shape\n>> {"id":1}\n<< {"id":1,"result":2}\n');
  expect(schemaOnly).toBe(true);
  expect(exchanges).toEqual([{ request: '{"id":1}', response: '{"id":1,"result":2}' }]);
  expect(() => parseConversation("request: {}")).toThrow(SyntaxError);
});
