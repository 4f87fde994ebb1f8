import { createEngine, type NamedModel, nameModel, readDefaultModel } from "@hyperion/inference";
import { randomModel } from "@hyperion/inference/testing";
import {
  bytesToHex,
  decodeErrorResult,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  hexToBytes,
  numberToHex,
} from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import {
  artifact,
  createSoloChain,
  decodeEvents,
  MODEL_REGISTRY,
  type Sent,
  type SoloChain,
} from "../testing/solo-chain.ts";

const registry = artifact("ai/ModelRegistry");
const precompile = artifact("ai/IInference");
const INFERENCE = "0x0000000000000000000000000000000000000999";

const small = (seed: number, layers = 1, dim = 32): NamedModel =>
  nameModel(
    randomModel({
      ...{ seed, layers, heads: 2, kvHeads: 1, headDim: 16, dim, ffn: 64 },
      ...{ tied: true, context: 64, wild: false },
    }),
  );
const models = Array.from({ length: 10 }, (_, i) => small(i + 1));
/** Valid, but with more parameters than a transaction may run. */
const large = small(20, 40, 256);
const damaged: NamedModel = { ...small(30), bytes: small(30).bytes.slice() };
const description = { architecture: 1, kiloMacs: 20, location: "https://models.example/1" };

let chain: SoloChain;
const rootOf = ({ root }: NamedModel): Hex => bytesToHex(root);
const register = (model: NamedModel, size = model.bytes.length, some: object = {}): Promise<Sent> =>
  manage("register", [rootOf(model), size, { ...description, ...some }]);
const manage = (functionName: string, args: readonly unknown[]): Promise<Sent> =>
  chain.send(MODEL_REGISTRY, encodeFunctionData({ abi: registry.abi, functionName, args }));
const ask = (model: NamedModel): Promise<Sent> =>
  chain.send(
    INFERENCE,
    encodeFunctionData({ abi: precompile.abi, functionName: "generate", args: [rootOf(model), "ab", 8n] }),
  );
const errorOf = (abi: typeof registry.abi, { output }: Sent): string =>
  decodeErrorResult({ abi, data: output }).errorName;
const answerOf = ({ output }: Sent): unknown =>
  decodeFunctionResult({ abi: precompile.abi, functionName: "generate", data: output });
const expected = ({ bytes }: NamedModel): unknown => {
  const { text, tokens } = createEngine(bytes).generate("ab", 8)!;
  return [text, BigInt(tokens)];
};

beforeAll(async () => {
  chain = await createSoloChain(readDefaultModel(), ...models, large, damaged);
});

describe("ModelRegistry and the precompile", () => {
  it("runs a model from its registration on, as the engine does", async () => {
    expect(errorOf(precompile.abi, await ask(models[0]!))).toBe("UnknownModel");
    const { logs } = await register(models[0]!);
    expect(decodeEvents(registry.abi, logs)).toMatchObject([
      { eventName: "ModelRegistered", args: { root: rootOf(models[0]!), publisher: chain.account.address } },
    ]);
    expect(answerOf(await ask(models[0]!))).toEqual(expected(models[0]!));
  });

  it("waits until nodes have had time to fetch a model", async () => {
    // One block of the test's chain lasts a second.
    await manage("setDelay", [3n]);
    await register(models[1]!);
    expect(errorOf(precompile.abi, await ask(models[1]!))).toBe("UnknownModel");
    expect(errorOf(precompile.abi, await ask(models[1]!))).toBe("UnknownModel");
    expect(answerOf(await ask(models[1]!))).toEqual(expected(models[1]!));
    await manage("setDelay", [0n]);
  });

  it("runs more models than fit into memory together, in any order", async () => {
    for (const model of models.slice(2)) await register(model);
    for (const model of [...models, ...models.toReversed()])
      expect(answerOf(await ask(model))).toEqual(expected(model));
  });

  it("charges for the look into the registry", async () => {
    const own = await chain.send(
      INFERENCE,
      encodeFunctionData({ abi: precompile.abi, functionName: "quote", args: [`0x${"00".repeat(32)}`, "ab", 8n] }),
    );
    const unknown = await ask({ root: new Uint8Array(32).fill(7), bytes: new Uint8Array(0) });
    expect(unknown.gasUsed).toBeGreaterThan(21_000n + 2_300n);
    expect(own.status).toBe(1);
  });

  it("refuses models that a transaction cannot run", async () => {
    await register(large);
    expect(errorOf(precompile.abi, await ask(large))).toBe("UnknownModel");
    const claimed = { root: new Uint8Array(32).fill(9), bytes: new Uint8Array(0) };
    await register(claimed, (4 << 20) + 1);
    expect(errorOf(precompile.abi, await ask(claimed))).toBe("UnknownModel");
  });

  it("registers a model once, by those who may", async () => {
    expect(errorOf(registry.abi, await register(models[0]!))).toBe("AlreadyRegistered");
    const fresh = { root: new Uint8Array(32).fill(8), bytes: new Uint8Array(1) };
    expect(errorOf(registry.abi, await register(fresh, 0))).toBe("InvalidModel");
    expect(errorOf(registry.abi, await register(fresh, 1, { location: "x".repeat(257) }))).toBe("InvalidModel");
    const proxy = await chain.send(undefined, forwarder());
    const through = await chain.send(
      proxy.contract!,
      encodeFunctionData({
        abi: registry.abi,
        functionName: "register",
        args: [bytesToHex(fresh.root), 1, description],
      }),
    );
    expect(errorOf(registry.abi, through)).toBe("NotPublisher");
    await manage("setPublisher", [proxy.contract!, true]);
    const allowed = await chain.send(
      proxy.contract!,
      encodeFunctionData({
        abi: registry.abi,
        functionName: "register",
        args: [bytesToHex(fresh.root), 1, description],
      }),
    );
    expect(allowed.status).toBe(1);
    const { output } = await manage("roots", [10n, 50n]);
    const listed = decodeFunctionResult({ abi: registry.abi, functionName: "roots", data: output }) as Hex[];
    expect(listed.at(-1)).toBe(bytesToHex(fresh.root));
  });

  it("ends the block where the host has no blob of an active model", async () => {
    const missing = small(40);
    await register(missing);
    await expect(ask(missing)).rejects.toMatchObject({ code: "MISSING_PREIMAGE" });
  });
});

/** Creation code of a contract that passes its calldata on to the registry, and the outcome back. */
const forwarder = (): Hex => {
  const code = `365f5f375f5f365f5f73${MODEL_REGISTRY.slice(2)}5af13d5f5f3e5f3d91603457fd5bf3`;
  const at = (code.indexOf("5bf3") / 2) | 0;
  const runtime = code.replace("603457", `60${at.toString(16).padStart(2, "0")}57`);
  const length = numberToHex(hexToBytes(`0x${runtime}`).length, { size: 1 }).slice(2);
  return `0x60${length}600c60003960${length}6000f3${runtime}`;
};
