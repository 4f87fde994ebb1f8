import { afterEach, describe, expect, it } from "vitest";
import { readDefaultModel } from "../default-model.ts";
import { createEngine } from "../engine.ts";
import { encodeModel } from "../model-blob.ts";
import { randomParts } from "../testing/random-model.ts";
import { InferenceService, type InferenceServiceOptions, type ServedModel } from "./inference-service.ts";

const shipped = readDefaultModel();
const intents: ServedModel = { ...shipped, name: "intents", bytes: shipped.bytes.length, blob: shipped.bytes };
/** Answers "a" with hundreds of tokens, slowly enough to be interrupted. */
const slowBlob = encodeModel({
  ...randomParts({
    ...{ seed: 4, layers: 8, heads: 8, kvHeads: 8, headDim: 64, dim: 512, ffn: 1024 },
    ...{ tied: true, context: 4096, wild: false },
  }),
  end: 36,
});
const slow: ServedModel = { name: "slow", root: createEngine(slowBlob).id, bytes: slowBlob.length, blob: slowBlob };
const PROMPT = "lend 5 ETH to the pool";
const ANSWER = '{"tool":"lend","asset":"ETH","amount":"5"}';

let service: InferenceService;
const start = (some: Partial<InferenceServiceOptions> = {}): InferenceService => {
  service = new InferenceService({
    models: [intents, slow],
    ...{ queue: 2, maxTokens: 2000, residentBytes: 2 ** 30, threads: 1 },
    ...some,
  });
  return service;
};
afterEach(() => service.close());

describe("InferenceService", () => {
  it("gives the engine's answer, in pieces that make up the whole", async () => {
    const pieces: string[] = [];
    const completion = await start().complete(
      intents,
      { turns: [PROMPT] },
      { onText: (text) => void pieces.push(text) },
    );
    expect(completion).toMatchObject({ text: ANSWER, tokens: 8, finish: "end" });
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join("")).toBe(ANSWER);
  });

  it("never sends what a stop cuts off", async () => {
    const pieces: string[] = [];
    const completion = await start().complete(
      intents,
      { turns: [PROMPT], stops: ['","amount'] },
      { onText: (text) => void pieces.push(text) },
    );
    expect(completion).toMatchObject({ text: '{"tool":"lend","asset":"ETH', finish: "stop" });
    expect(pieces.join("")).toBe(completion.text);
  });

  it("limits tokens, and says why a request is not answered", async () => {
    const { text, finish } = await start({ maxTokens: 3 }).complete(intents, { turns: [PROMPT] });
    expect([text, finish]).toEqual(['{"tool":"lend","asset":"ET', "length"]);
    const refused = (request: object): Promise<unknown> =>
      service.complete(intents, { turns: ["x"], ...request }).then(
        () => undefined,
        (error) => error.code,
      );
    expect(await refused({ turns: ["word ".repeat(300)] })).toBe("PROMPT_LENGTH");
    expect(await refused({ turns: ["x".repeat(200_000)] })).toBe("TOO_LONG");
    expect(await refused({ schema: "{" })).toBe("INVALID_SCHEMA");
    expect(await refused({ stops: [""] })).toBe("INVALID_OPTIONS");
    expect(() => service.find("other")).toThrowError(/no model/);
  });

  it("embeds texts as the engine does, with models that do not fit together", async () => {
    start({ residentBytes: slow.bytes });
    const { vectors } = await service.embed(intents, ["lend", "borrow"]);
    expect(vectors[0]).toEqual(createEngine(shipped.bytes).embed("lend").vector);
    expect(vectors[1]).not.toEqual(vectors[0]);
    await service.complete(slow, { turns: ["a"], maxTokens: 1 });
    expect((await service.embed(intents, ["lend"])).vectors[0]).toEqual(vectors[0]);
  });

  it("turns away who finds the line full, and lets others in when someone leaves", async () => {
    start({ queue: 1 });
    const first = new AbortController();
    let begun: () => void = () => {};
    const running = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const interrupted = service.complete(slow, { turns: ["a"] }, { signal: first.signal, onText: () => begun() });
    const second = new AbortController();
    const waiting = service.complete(intents, { turns: [PROMPT] }, { signal: second.signal });
    await expect(service.complete(intents, { turns: [PROMPT] })).rejects.toMatchObject({ code: "BUSY" });
    second.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    const next = service.complete(intents, { turns: [PROMPT] });
    await running;
    first.abort();
    await expect(interrupted).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await next).text).toBe(ANSWER);
  });

  it("rejects what waits when it is closed", async () => {
    start();
    const requests = [service.complete(slow, { turns: ["a"] }), service.complete(intents, { turns: [PROMPT] })];
    const outcomes = Promise.allSettled(requests);
    await service.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });
});
