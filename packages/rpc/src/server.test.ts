import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import {
  COUNTER,
  LOGGER,
  RECIPIENT,
  REVERTER,
  type RpcAnswer,
  SENDER,
  startTestNode,
  type TestNode,
  TRANSFERS,
} from "./test-node.ts";

const chainIdRequest = (id: unknown): object => ({ jsonrpc: "2.0", id, method: "eth_chainId", params: [] });

/** Collects messages of a socket as JSON. */
const inbox = (
  socket: WebSocket,
): { next(): Promise<RpcAnswer & { params?: { subscription: string; result: unknown } }> } => {
  const messages: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.on("message", (message) => {
    const waiter = waiting.shift();
    if (waiter) waiter(String(message));
    else messages.push(String(message));
  });
  return {
    async next() {
      const text = messages.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve)));
      return JSON.parse(text);
    },
  };
};

describe("transport", () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startTestNode({ maxBodyBytes: 4096, maxBatch: 5, maxDepth: 10, corsOrigins: ["http://good.example"] });
  });
  afterAll(() => node.close());

  it.each([
    ["", -32700],
    ["{", -32700],
    ["\u0000", -32700],
    ["[".repeat(2000), -32700],
    ["[]", -32600],
    ["1", -32600],
    ["null", -32600],
    ['"eth_chainId"', -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32600],
    ['{"jsonrpc":"2.0","id":1}', -32600],
    ['{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_nothing"}', -32601],
    ['{"jsonrpc":"2.0","id":1,"method":"__proto__"}', -32601],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[]}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}', -32601],
  ])("answers %j with %i", async (body, code) => {
    const response = await node.post(body);
    expect(response.status).toBe(200);
    const answer = (await response.json()) as RpcAnswer;
    expect(answer.error?.code).toBe(code);
    expect(answer.error?.message).not.toMatch(/\bat \S+:\d+/);
  });

  it("answers batches in order, skips notifications, keeps errors apart", async () => {
    const response = await node.post(
      JSON.stringify([chainIdRequest(1), { jsonrpc: "2.0", method: "eth_chainId" }, 7, chainIdRequest("two")]),
    );
    const answers = (await response.json()) as RpcAnswer[];
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual([
      [1, undefined],
      [null, -32600],
      ["two", undefined],
    ]);
  });

  it("answers nothing to notifications", async () => {
    const response = await node.post('{"jsonrpc":"2.0","method":"eth_chainId"}');
    expect(await response.text()).toBe("");
  });

  it("refuses batches above the limit as a whole", async () => {
    const response = await node.post(JSON.stringify(Array.from({ length: 6 }, (_, id) => chainIdRequest(id))));
    expect(await response.json()).toMatchObject({ error: { code: -32600, message: "batch too large" } });
  });

  it("refuses bodies above the limit, announced or not", async () => {
    expect((await node.post(" ".repeat(5000))).status).toBe(413);
    const stream = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 10; i++) controller.enqueue(new TextEncoder().encode(" ".repeat(1000)));
        controller.close();
      },
    });
    const headers = { "content-type": "application/json" };
    const response = await fetch(node.url, { method: "POST", body: stream, headers, duplex: "half" } as RequestInit);
    expect(response.status).toBe(413);
  });

  it("refuses other content types, methods, paths and host names", async () => {
    expect((await node.post("{}", { "content-type": "text/plain" })).status).toBe(415);
    expect((await fetch(node.url, { method: "DELETE" })).status).toBe(405);
    expect((await fetch(`${node.url}/other`)).status).toBe(404);
    expect(
      await rawRequest(node.url, "GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
    ).toMatch(/^HTTP\/1.1 403/);
    expect(await rawRequest(node.url, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1.1 200/,
    );
  });

  it("survives what is not HTTP", async () => {
    expect(await rawRequest(node.url, "\u0016\u0003\u0001nonsense\r\n\r\n")).toMatch(/^HTTP\/1.1 400|^$/);
    expect(await node.call("eth_chainId")).toBe("0x539");
  });

  it("gives CORS headers to allowed origins only", async () => {
    const allowed = await node.post(JSON.stringify(chainIdRequest(1)), { origin: "http://good.example" });
    expect(allowed.headers.get("access-control-allow-origin")).toBe("http://good.example");
    const other = await node.post(JSON.stringify(chainIdRequest(1)), { origin: "http://evil.example" });
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("serves health", async () => {
    expect(await (await fetch(`${node.url}/health`)).json()).toMatchObject({ status: "ok", blockNumber: "0x0" });
  });
});

const rawRequest = async (url: string, text: string): Promise<string> => {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += String(chunk);
  });
  socket.on("error", () => undefined);
  socket.write(text);
  await once(socket, "close");
  return answer;
};

describe("namespaces", () => {
  it("serves only what is enabled", async () => {
    const node = await startTestNode({ namespaces: ["web3"] });
    try {
      expect((await node.ask("eth_chainId")).error?.code).toBe(-32601);
      expect((await node.ask("anvil_mine")).error?.code).toBe(-32601);
      expect(await node.call("web3_clientVersion")).toBe("Hyperion/test");
    } finally {
      await node.close();
    }
  });
});

describe("methods", () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startTestNode();
  });
  afterAll(() => node.close());

  it("executes on arrival, tells missing nonces, seals on demand", async () => {
    const receipt = await node.call("eth_sendRawTransactionSync", TRANSFERS[0]);
    expect(receipt).toMatchObject({ status: "0x1", from: SENDER, to: RECIPIENT, blockNumber: "0x1" });
    expect(await node.call("eth_getTransactionCount", SENDER, "pending")).toBe("0x1");
    expect(await node.call("eth_getTransactionCount", SENDER, "latest")).toBe("0x0");
    expect((await node.ask("eth_sendRawTransactionSync", TRANSFERS[5], "0x32")).error).toMatchObject({
      code: 6,
      data: "0x1",
    });
    expect((await node.ask("eth_sendRawTransaction", TRANSFERS[0])).error?.code).toBe(-32000);
    await node.call("evm_mine");
    const { transactionHash } = receipt as { transactionHash: string };
    const sealed = await node.call("eth_getTransactionReceipt", transactionHash);
    const block = (await node.call("eth_getBlockByNumber", "0x1", true)) as { hash: string; transactions: object[] };
    expect(sealed).toMatchObject({ blockHash: block.hash });
    expect(block.transactions).toMatchObject([{ hash: transactionHash, blockHash: block.hash }]);
  });

  it("answers reverts with their reason and data", async () => {
    const { error } = await node.ask("eth_call", { to: REVERTER }, "latest");
    expect(error).toMatchObject({ code: 3, message: "execution reverted: no" });
    expect((await node.ask("eth_estimateGas", { to: REVERTER })).error?.code).toBe(3);
  });

  it("overrides state and block of a call", async () => {
    const slot = `0x${"00".repeat(32)}`;
    const seven = `0x${"07".padStart(64, "0")}`;
    const result = await node.call("eth_call", { to: COUNTER }, "latest", {
      [COUNTER]: { stateDiff: { [slot]: seven } },
    });
    expect(result).toBe(seven);
    const numberCode = "0x435f5260205ff3";
    const overrides = { [RECIPIENT]: { code: numberCode } };
    expect(await node.call("eth_call", { to: RECIPIENT }, "latest", overrides, { number: "0x1234" })).toBe(
      `0x${"1234".padStart(64, "0")}`,
    );
    expect(await node.call("eth_call", { to: COUNTER }, "latest")).toBe(slot);
  });

  it("estimates gas that suffices and is close to what is used", async () => {
    const estimate = Number(await node.call("eth_estimateGas", { from: SENDER, to: COUNTER }));
    const { result, error } = await node.ask("eth_call", {
      from: SENDER,
      to: COUNTER,
      gas: `0x${estimate.toString(16)}`,
    });
    expect(error).toBeUndefined();
    expect(result).toBe(`0x${"00".repeat(32)}`);
    expect(estimate).toBeLessThan(45_000);
    expect(await node.call("eth_estimateGas", { from: SENDER, to: RECIPIENT, value: "0x1" })).toBe("0x5208");
  });

  it("names what a call touches", async () => {
    expect(await node.call("eth_createAccessList", { from: SENDER, to: COUNTER }, "latest")).toMatchObject({
      accessList: [{ address: COUNTER, storageKeys: [`0x${"00".repeat(32)}`] }],
    });
  });

  it("simulates blocks with gaps", async () => {
    const blocks = (await node.call("eth_simulateV1", {
      blockStateCalls: [
        { calls: [{ to: COUNTER }, { to: COUNTER }] },
        { blockOverrides: { number: "0x5" }, calls: [{ to: COUNTER }] },
      ],
    })) as { number: string; parentHash: string; hash: string; calls: { returnData: string }[] }[];
    expect(blocks.map(({ number }) => number)).toEqual(["0x2", "0x3", "0x4", "0x5"]);
    expect(blocks.at(-1)?.calls[0]?.returnData).toBe(`0x${"02".padStart(64, "0")}`);
    expect(blocks[1]?.parentHash).toBe(blocks[0]?.hash);
  });

  it("shows moved ether as logs", async () => {
    const forward = `0x600060006000600034${`73${RECIPIENT.slice(2)}`}5af100`;
    const blocks = (await node.call("eth_simulateV1", {
      blockStateCalls: [
        { stateOverrides: { [COUNTER]: { code: forward } }, calls: [{ from: SENDER, to: COUNTER, value: "0x3" }] },
      ],
      traceTransfers: true,
    })) as { logsBloom: string; calls: { logs: { topics: string[]; data: string }[] }[] }[];
    const moves = blocks[0]!.calls[0]!.logs.map(({ topics, data }) => [...topics.slice(1), BigInt(data)]);
    const word = (address: string): string => `0x${address.slice(2).padStart(64, "0")}`;
    expect(moves).toEqual([
      [word(SENDER), word(COUNTER), 3n],
      [word(COUNTER), word(RECIPIENT), 3n],
    ]);
    expect(BigInt(blocks[0]!.logsBloom)).toBe(0n);
  });

  it("sends for impersonated accounts and shows logs everywhere", async () => {
    const topic = `0x${"ab".repeat(32)}`;
    await node.call("anvil_setBalance", RECIPIENT, "0xde0b6b3a7640000");
    expect((await node.ask("eth_sendTransaction", { from: RECIPIENT, to: LOGGER, data: topic })).error?.code).toBe(
      -32000,
    );
    await node.call("anvil_impersonateAccount", RECIPIENT);
    const filter = await node.call("eth_newFilter", { address: LOGGER });
    const blockFilter = await node.call("eth_newBlockFilter");
    const hash = await node.call("eth_sendTransaction", { from: RECIPIENT, to: LOGGER, data: topic });
    await node.call("anvil_mine", "0x1");
    const logs = await node.call("eth_getLogs", { topics: [topic], fromBlock: "earliest" });
    expect(logs).toMatchObject([{ address: LOGGER, topics: [topic], transactionHash: hash, removed: false }]);
    expect(await node.call("eth_getFilterChanges", filter)).toEqual(logs);
    expect(await node.call("eth_getFilterChanges", filter)).toEqual([]);
    expect(await node.call("eth_getFilterLogs", filter)).toEqual(logs);
    expect(await node.call("eth_getFilterChanges", blockFilter)).toHaveLength(1);
    expect(await node.call("eth_uninstallFilter", filter)).toBe(true);
    expect((await node.ask("eth_getFilterChanges", filter)).error?.code).toBe(-32000);
  });

  it("traces", async () => {
    const call = { from: SENDER, to: COUNTER };
    const structLogs = (await node.call("debug_traceCall", call, "latest")) as {
      structLogs: { op: string; storage?: object }[];
    };
    expect(structLogs.structLogs.map(({ op }) => op)).toContain("SSTORE");
    expect(structLogs.structLogs.find(({ op }) => op === "SLOAD")?.storage).toBeDefined();
    expect(await node.call("debug_traceCall", call, "latest", { tracer: "callTracer" })).toMatchObject({
      type: "CALL",
      from: SENDER,
      to: COUNTER,
    });
    const diff = await node.call("debug_traceCall", call, "latest", {
      tracer: "prestateTracer",
      tracerConfig: { diffMode: true },
    });
    expect(diff).toMatchObject({
      post: { [COUNTER]: { storage: { [`0x${"00".repeat(32)}`]: `0x${"01".padStart(64, "0")}` } } },
    });
    expect((await node.ask("debug_traceCall", call, "latest", { tracer: "nope" })).error?.code).toBe(-32602);
    expect(await node.call("debug_traceBlockByNumber", "0x1", { tracer: "callTracer" })).toMatchObject([
      { result: { gasUsed: "0x5208" } },
    ]);
  });

  it("returns to snapshots", async () => {
    const snapshot = await node.call("evm_snapshot");
    const before = await node.call("eth_blockNumber");
    await node.call("anvil_mine", 3);
    expect(await node.call("evm_revert", snapshot)).toBe(true);
    expect(await node.call("eth_blockNumber")).toBe(before);
    expect(await node.call("evm_revert", snapshot)).toBe(false);
  });

  it("answers fee history", async () => {
    const history = (await node.call("eth_feeHistory", "0x2", "latest", [25, 75])) as Record<string, unknown[]>;
    expect(history.baseFeePerGas).toHaveLength(3);
    expect(history.reward).toHaveLength(2);
    expect((await node.ask("eth_feeHistory", "0x2", "latest", [75, 25])).error?.code).toBe(-32602);
  });

  it("logs nothing unexpected", () => {
    expect(node.logged).toEqual([]);
  });
});

describe("subscriptions", () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startTestNode({ maxSubscriptions: 3 });
  });
  afterAll(() => node.close());

  it("delivers heads, logs and pending transactions in that connection's order", async () => {
    const socket = await node.connect();
    const messages = inbox(socket);
    const subscribe = async (...params: unknown[]): Promise<unknown> => {
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params }));
      return (await messages.next()).result;
    };
    const heads = await subscribe("newHeads");
    const pending = await subscribe("newPendingTransactions", true);
    await node.call("eth_sendRawTransaction", TRANSFERS[0]);
    expect((await messages.next()).params).toMatchObject({ subscription: pending, result: { from: SENDER } });
    await node.call("evm_mine");
    expect((await messages.next()).params).toMatchObject({ subscription: heads, result: { number: "0x1" } });
    const topic = `0x${"cd".repeat(32)}`;
    const logs = await subscribe("logs", { address: LOGGER });
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: 2, method: "eth_subscribe", params: ["newHeads"] }));
    expect((await messages.next()).error?.code).toBe(-32005);
    for (const id of [heads, pending]) {
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: 3, method: "eth_unsubscribe", params: [id] }));
      expect((await messages.next()).result).toBe(true);
    }
    await node.call("anvil_impersonateAccount", SENDER);
    await node.call("eth_sendTransaction", { from: SENDER, to: LOGGER, data: topic });
    await node.call("evm_mine");
    expect((await messages.next()).params).toMatchObject({ subscription: logs, result: { topics: [topic] } });
    socket.terminate();
  });

  it("answers wrong subscriptions with errors and goes on", async () => {
    const socket = await node.connect();
    const messages = inbox(socket);
    for (const params of [["nothing"], ["constructor"], [], ["logs", { address: "0x1" }], [5]]) {
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params }));
      expect((await messages.next()).error?.code).toBe(-32602);
    }
    socket.send("not json");
    expect((await messages.next()).error?.code).toBe(-32700);
    socket.send(JSON.stringify(chainIdRequest(9)));
    expect((await messages.next()).result).toBe("0x539");
    socket.terminate();
  });

  it("disconnects a consumer that does not read, and goes on", async () => {
    const strict = await startTestNode({ maxBufferedBytes: 65_536 });
    try {
      const socket = await strict.connect();
      const closed = once(socket, "close");
      socket.on("error", () => undefined);
      socket.pause();
      const code = "0x620186a05ff3"; // returns 100,000 bytes of zeros
      const params = [{ to: RECIPIENT }, "latest", { [RECIPIENT]: { code } }];
      const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_call", params });
      for (let i = 0; i < 200; i++) socket.send(request);
      await expect.poll(() => strict.closedWebSockets(), { timeout: 20_000 }).toBe(1);
      socket.resume();
      await closed;
      expect(await strict.call("eth_chainId")).toBe("0x539");
    } finally {
      await strict.close();
    }
  });

  it("disconnects a client that sends too much at once", async () => {
    const small = await startTestNode({ maxBodyBytes: 2048 });
    try {
      const socket = await small.connect();
      socket.on("error", () => undefined);
      socket.send(" ".repeat(5000));
      await once(socket, "close");
      expect(await small.call("eth_chainId")).toBe("0x539");
    } finally {
      await small.close();
    }
  });
});
