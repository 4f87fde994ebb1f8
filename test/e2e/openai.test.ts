import { readDefaultModel } from "@hyperion/inference";
import OpenAI from "openai";
import { webSocket } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type NodeProcess, startNodeProcess } from "./node-process.ts";

const PROMPT = "lend 5 ETH to the pool";
const ANSWER = '{"tool":"lend","asset":"ETH","amount":"5"}';
const MESSAGES = [{ role: "user" as const, content: PROMPT }];
const ROOT = `0x${Buffer.from(readDefaultModel().root).toString("hex")}`;

let node: NodeProcess;
let client: OpenAI;

beforeAll(async () => {
  node = await startNodeProcess(["--in-memory"]);
  client = new OpenAI({ baseURL: `${node.rpcUrl}/v1`, apiKey: "none", maxRetries: 0 });
});

afterAll(async () => {
  expect(await node.stop()).toBe(0);
});

test("lists the chain's model with its root", async () => {
  const models = [];
  for await (const model of client.models.list()) models.push(model);
  expect(models).toMatchObject([{ id: "default", object: "model", root: ROOT }]);
  expect(await client.models.retrieve("default")).toMatchObject({ id: "default" });
  await expect(client.models.retrieve("gpt-9")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
});

test("answers a chat", async () => {
  const completion = await client.chat.completions.create({ model: "default", messages: MESSAGES });
  expect(completion.choices).toMatchObject([
    { index: 0, message: { role: "assistant", content: ANSWER }, finish_reason: "stop" },
  ]);
  expect(completion.usage).toMatchObject({ completion_tokens: 8 });
  expect(completion.system_fingerprint).toBe(ROOT);
});

test("streams a chat", async () => {
  const stream = await client.chat.completions.create({
    ...{ model: ROOT, messages: MESSAGES, stream: true },
    stream_options: { include_usage: true },
  });
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? ""));
  expect(deltas.filter((text) => text !== "").length).toBeGreaterThan(2);
  expect(deltas.join("")).toBe(ANSWER);
  expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe("stop");
  expect(chunks.at(-1)!.usage).toMatchObject({ completion_tokens: 8 });
});

test("streams through the client's helper, with several turns and instructions", async () => {
  const runner = client.chat.completions.stream({
    model: "default",
    messages: [
      { role: "user", content: "lend 1 ETH" },
      { role: "assistant", content: ANSWER },
      { role: "user", content: [{ type: "text", text: PROMPT }] },
    ],
    max_completion_tokens: 5,
  });
  const pieces: string[] = [];
  runner.on("content", (piece) => void pieces.push(piece));
  const final = await runner.finalChatCompletion();
  expect(final.choices[0]!.message.content).toBe(pieces.join(""));
  expect(final.choices[0]!.finish_reason).toBe("length");
});

test("answers in the form of a schema", async () => {
  const completion = await client.chat.completions.create({
    ...{ model: "default", messages: MESSAGES },
    response_format: {
      type: "json_schema",
      json_schema: {
        name: "call",
        strict: true,
        schema: {
          type: "object",
          properties: { tool: { type: "string", enum: ["swap", "lend"] }, asset: { enum: ["USDC", "ETH"] } },
          required: ["tool", "asset"],
          additionalProperties: false,
        },
      },
    },
  });
  expect(JSON.parse(completion.choices[0]!.message.content!)).toEqual({ tool: "lend", asset: "ETH" });
});

test("copies words of the prompt where the schema says so, as contracts ask for them", async () => {
  const copied = { type: "string", "x-copy": "prompt" };
  const completion = await client.chat.completions.create({
    ...{ model: "default", messages: [{ role: "user" as const, content: "send 7 QWZX to zorba.eth" }] },
    response_format: {
      type: "json_schema",
      json_schema: {
        name: "call",
        schema: {
          type: "object",
          properties: { tool: { enum: ["transfer", "swap"] }, asset: copied, amount: copied, to: copied },
        },
      },
    },
  });
  expect(JSON.parse(completion.choices[0]!.message.content!)).toEqual({
    ...{ tool: "transfer", asset: "QWZX", amount: "7", to: "zorba.eth" },
  });
});

test("draws the same text from the same seed", async () => {
  const draw = async (seed: number): Promise<string> => {
    const { choices } = await client.completions.create({
      ...{ model: "default", prompt: "swap", max_tokens: 16, temperature: 2, seed },
    });
    return choices[0]!.text;
  };
  expect(await draw(1)).toBe(await draw(1));
  expect(new Set([await draw(1), await draw(2), await draw(3)]).size).toBeGreaterThan(1);
});

test("streams a plain completion", async () => {
  const pieces: string[] = [];
  const request = { model: "default", prompt: "lend", max_tokens: 4 };
  const stream = await client.completions.create({ ...request, stream: true });
  for await (const { choices } of stream) pieces.push(choices[0]!.text);
  expect(pieces.join("")).toBe((await client.completions.create(request)).choices[0]!.text);
});

test("embeds texts, as the client asks by default and as numbers", async () => {
  const input = ["lend 5 ETH", "lend 6 ETH", "what is the weather"];
  const { data, usage } = await client.embeddings.create({ model: "default", input });
  const floats = await client.embeddings.create({ model: "default", input, encoding_format: "float" });
  expect(usage.prompt_tokens).toBeGreaterThan(0);
  for (const [i, { embedding }] of data.entries()) {
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
    for (const [j, value] of embedding.entries()) expect(value).toBeCloseTo(floats.data[i]!.embedding[j]!, 6);
  }
  const cosine = (a: number, b: number): number =>
    data[a]!.embedding.reduce((sum, value, i) => sum + value * data[b]!.embedding[i]!, 0);
  expect(cosine(0, 1)).toBeGreaterThan(cosine(0, 2));
});

test.each([
  [{ model: "gpt-9" }, 404, "model_not_found"],
  [{ n: 2 }, 400, "unsupported_parameter"],
  [{ tools: [{ type: "function", function: { name: "f" } }] }, 400, "unsupported_parameter"],
  [{ temperature: 3 }, 400, "invalid_value"],
  [{ messages: [] }, 400, "invalid_value"],
  [{ messages: [{ role: "assistant", content: "x" }] }, 400, "invalid_value"],
  [{ messages: [{ role: "user", content: "word ".repeat(1000) }] }, 400, "context_length_exceeded"],
  [{ response_format: { type: "json_object" } }, 400, "unsupported_parameter"],
  [
    { response_format: { type: "json_schema", json_schema: { schema: { type: "string", "x-copy": "answer" } } } },
    ...([400, "unsupported_parameter"] as const),
  ],
])("refuses %j with %i", async (change, status, code) => {
  const request = { model: "default", messages: MESSAGES, ...change } as OpenAI.ChatCompletionCreateParamsNonStreaming;
  await expect(client.chat.completions.create(request)).rejects.toMatchObject({ status, code });
});

test("refuses bodies that are not requests", async () => {
  const url = `${node.rpcUrl}/v1/chat/completions`;
  const post = (body: string, type = "application/json"): Promise<Response> =>
    fetch(url, { method: "POST", body, headers: { "content-type": type } });
  for (const body of ["", "{", "[]", "null", "[".repeat(5_000)]) expect((await post(body)).status).toBe(400);
  expect((await post("{}", "text/plain")).status).toBe(415);
  expect((await fetch(url)).status).toBe(405);
  expect((await fetch(`${node.rpcUrl}/v1/files`)).status).toBe(404);
});

test("hyp_generate gives the answer, and tokens as they come", async () => {
  const request = { prompt: PROMPT, stream: "mine" };
  const response = await fetch(node.rpcUrl, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "hyp_generate", params: [request] }),
  });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const events = (await response.text())
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => JSON.parse(event.slice("data: ".length)));
  const result = { model: ROOT, text: ANSWER, tokens: 8, finish: "end" };
  expect(events.at(-1)).toMatchObject({ id: 1, result });
  const tokens = events.slice(0, -1);
  expect(tokens.every(({ method, params }) => method === "hyp_token" && params.stream === "mine")).toBe(true);
  expect(tokens.map(({ params }) => params.text).join("")).toBe(ANSWER);

  const socket = await webSocket(node.webSocketUrl)({}).value!.getRpcClient();
  const answer = await socket.requestAsync({ body: { method: "hyp_generate", params: [{ prompt: PROMPT }] } });
  expect(answer.result).toMatchObject(result);
  socket.close();
});
