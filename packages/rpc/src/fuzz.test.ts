import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALL_METHODS } from "./methods/table.ts";
import { COUNTER, LOGGER, type RpcAnswer, SENDER, startTestNode, type TestNode } from "./test-node.ts";

/** Sealing many blocks at once is slow, not wrong. */
const METHODS = Object.keys(ALL_METHODS).filter((name) => !/mine$|setIntervalMining$|reset$/i.test(name));

const hexDigits = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => `0x${Buffer.from(bytes).toString("hex")}`);

/** Values that mean something to some method, or nearly. */
const plausible = fc.oneof(
  fc.constantFrom(
    "latest",
    "pending",
    "earliest",
    "safe",
    "finalized",
    "0x0",
    "0x1",
    "0x",
    "0x00",
    "0xzz",
    "",
    "0x2386f26fc10000",
  ),
  fc.constantFrom(SENDER, LOGGER, COUNTER, `0x${"0".repeat(64)}`, `0x${"f".repeat(64)}`, `0x1${"0".repeat(64)}`),
  fc.constantFrom(null, true, false, 0, -1, 1e300, 2 ** 53, "callTracer", "prestateTracer", "newHeads", "logs"),
  fc.bigInt({ min: 0n, max: 2n ** 64n }).map((value) => `0x${value.toString(16)}`),
  hexDigits(20),
  hexDigits(32),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => `0x${Buffer.from(bytes).toString("hex")}`),
  fc.jsonValue({ maxDepth: 4 }),
);

const KEYS = [
  ...[
    "from",
    "to",
    "gas",
    "gasPrice",
    "maxFeePerGas",
    "value",
    "data",
    "input",
    "nonce",
    "accessList",
    "authorizationList",
  ],
  ...[
    "address",
    "topics",
    "fromBlock",
    "toBlock",
    "blockHash",
    "blockNumber",
    "blockStateCalls",
    "calls",
    "stateOverrides",
  ],
  ...["blockOverrides", "number", "time", "validation", "tracer", "tracerConfig", "timestamp", "blobVersionedHashes"],
  "__proto__",
];

const objects = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, plausible, tie("object"), fc.array(tie("value"), { maxLength: 4 })),
  object: fc.dictionary(fc.constantFrom(...KEYS), tie("value"), { maxKeys: 6 }),
})).value;

const request = fc.record(
  {
    jsonrpc: fc.oneof({ weight: 20, arbitrary: fc.constant("2.0") }, { weight: 1, arbitrary: plausible }),
    id: fc.oneof({ weight: 10, arbitrary: fc.nat() }, { weight: 1, arbitrary: plausible }),
    method: fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...METHODS) }, { weight: 1, arbitrary: fc.string() }),
    params: fc.oneof({ weight: 20, arbitrary: fc.array(objects, { maxLength: 4 }) }, { weight: 1, arbitrary: objects }),
  },
  { requiredKeys: ["jsonrpc", "method"] },
);

const isAnswer = (answer: RpcAnswer): void => {
  expect(answer.jsonrpc).toBe("2.0");
  expect("id" in answer).toBe(true);
  expect("result" in answer !== "error" in answer).toBe(true);
  if (answer.error) {
    expect(Number.isInteger(answer.error.code)).toBe(true);
    expect(typeof answer.error.message).toBe("string");
    expect(answer.error.message).not.toMatch(/\.ts:\d+|node_modules/);
  }
};

describe("hostile input", () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startTestNode({ maxBodyBytes: 65_536, requestTimeoutMs: 5_000, gasCap: 1_000_000 });
  });
  afterAll(() => node.close());

  it("always gets a well-formed answer", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 5, arbitrary: request }, { weight: 1, arbitrary: fc.array(request, { maxLength: 8 }) }),
        async (body) => {
          const text = await (await node.post(JSON.stringify(body))).text();
          if (text === "") return;
          const answer = JSON.parse(text) as RpcAnswer | RpcAnswer[];
          for (const one of Array.isArray(answer) ? answer : [answer]) isAnswer(one);
        },
      ),
      { numRuns: 1_500 },
    );
    expect(node.logged).toEqual([]);
    expect(await node.call("eth_chainId")).toBe("0x539");
  });

  it("never fails on bytes that are no JSON", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const headers = { "content-type": "application/json" };
        const response = await fetch(node.url, { method: "POST", body: Buffer.from(bytes), headers });
        expect(response.status).toBe(200);
        const text = await response.text();
        if (text !== "") isAnswer(JSON.parse(text) as RpcAnswer);
      }),
      { numRuns: 200 },
    );
  });
});
