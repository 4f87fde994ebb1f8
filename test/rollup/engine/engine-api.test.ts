import { depositsOnly, type PayloadAttributes, payloadAttributes } from "@hyperion/rollup";
import { createRpcServer, type RpcServer, rpcConfigSchema } from "@hyperion/rpc";
import { FollowingOrdering } from "@hyperion/sequencer";
import { bytesToHex, type Hex, numberToHex } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anvilBinary, startAnvil } from "../anvil-process.ts";
import { type EngineClient, engineClient } from "../engine-client.ts";
import { type LightNode, LightRollup } from "../light-rollup.ts";

const binary = anvilBinary();
const ZERO: Hex = `0x${"00".repeat(32)}`;
const secret = new Uint8Array(32).fill(3);

interface Status {
  readonly status: string;
  readonly latestValidHash: Hex | null;
  readonly validationError: string | null;
}

interface Updated {
  readonly payloadStatus: Status;
  readonly payloadId: Hex | null;
}

type Payload = Record<string, unknown> & { readonly blockHash: Hex; readonly parentHash: Hex };

interface Built {
  readonly executionPayload: Payload;
  readonly parentBeaconBlockRoot: Hex;
  readonly executionRequests: readonly Hex[];
}

/** As op-node asks for a block. */
const wireAttributes = ({ block, transactions }: PayloadAttributes): Record<string, unknown> => ({
  timestamp: numberToHex(block.timestamp),
  prevRandao: bytesToHex(block.prevRandao),
  suggestedFeeRecipient: bytesToHex(block.coinbase),
  withdrawals: [],
  parentBeaconBlockRoot: bytesToHex(block.parentBeaconBlockRoot),
  transactions: transactions.map((raw) => bytesToHex(raw)),
  noTxPool: true,
  gasLimit: numberToHex(block.gasLimit),
  eip1559Params: bytesToHex(block.extraData.slice(1, 9)),
});

describe.skipIf(binary === undefined)("the Engine API", () => {
  let rollup: LightRollup;
  let sequencer: LightNode;
  let driven: LightNode;
  let server: RpcServer;
  let client: EngineClient;

  beforeAll(async () => {
    const flags = ["--chain-id", "900", "--hardfork", "prague", "--accounts", "0"];
    rollup = await LightRollup.create(await startAnvil(binary!, flags));
    [sequencer, driven] = await Promise.all([rollup.node(), rollup.node()]);
    const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
    server = createRpcServer({
      chain: driven.chain,
      ordering: new FollowingOrdering(undefined),
      config: rpcConfigSchema.parse({ port: 0 }),
      logger: silent,
      clientVersion: "Hyperion/test",
      engine: { host: "127.0.0.1", port: 0, secret },
    });
    await server.listen();
    client = engineClient(server.engineUrl!, secret);
  });

  afterAll(async () => {
    await server?.close();
    await rollup?.close();
  });

  const choose = (head: Hex, attributes?: unknown, safe: Hex = ZERO, finalized: Hex = ZERO): Promise<Updated> =>
    client.call(
      "engine_forkchoiceUpdatedV3",
      { headBlockHash: head, safeBlockHash: safe, finalizedBlockHash: finalized },
      attributes ?? null,
    );

  const insert = (payload: Payload, root: Hex): Promise<Status> =>
    client.call("engine_newPayloadV4", payload, [], root, []);

  /** What a block of the sequencer follows from. */
  async function attributesOf(number: bigint): Promise<PayloadAttributes> {
    const { engine } = sequencer;
    const [parent, block] = [engine.block(number - 1n)!, engine.block(number)!];
    const origin = (await rollup.l1.block(block.origin.hash))!;
    return payloadAttributes(rollup.config, parent, block.timestamp, origin, engine.sequenced(number));
  }

  test("is served to who knows the secret, and nowhere else", async () => {
    const methods = await client.call<string[]>("engine_exchangeCapabilities", ["engine_newPayloadV4"]);
    expect(methods).toContain("engine_forkchoiceUpdatedV3");
    expect(await client.call<Hex>("eth_chainId")).toBe("0x385");
    const stranger = engineClient(server.engineUrl!, new Uint8Array(32).fill(4));
    await expect(stranger.call("eth_chainId")).rejects.toThrow();
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "engine_exchangeCapabilities", params: [[]] });
    expect((await fetch(server.engineUrl!, { method: "POST", headers, body })).status).toBe(401);
    expect(await (await fetch(server.url, { method: "POST", headers, body })).json()).toMatchObject({
      error: { code: -32601 },
    });
  });

  test("builds and takes what derivation gives, to the same hashes", async () => {
    await rollup.anvil.request("anvil_mine", ["0x3"]);
    for (let i = 0; i < 20; i++) await rollup.build(sequencer, i % 3);
    for (let number = 1n; number <= 20n; number++) {
      const attributes = await attributesOf(number);
      const { payloadStatus, payloadId } = await choose(attributes.parent, wireAttributes(attributes));
      expect(payloadStatus).toEqual({ status: "VALID", latestValidHash: attributes.parent, validationError: null });
      const { executionPayload, parentBeaconBlockRoot } = await client.call<Built>("engine_getPayloadV4", payloadId);
      expect(executionPayload.blockHash).toBe(sequencer.engine.block(number)!.hash);
      expect(await insert(executionPayload, parentBeaconBlockRoot)).toMatchObject({ status: "VALID" });
      await choose(executionPayload.blockHash, undefined, attributes.parent, rollup.config.genesis.l2.hash);
      expect(driven.engine.unsafe().hash).toBe(executionPayload.blockHash);
      expect(driven.engine.safe().hash).toBe(attributes.parent);
    }
    await rollup.batcher(sequencer, { data: "calldata" }).post();
    while (sequencer.engine.safe().number < 20n) {
      await sequencer.deriver.catchUp();
      await rollup.batcher(sequencer, { data: "calldata" }).post();
    }
    const verifier = await rollup.node();
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().hash).toBe(driven.engine.unsafe().hash);
  }, 120_000);

  test("goes back and to a branch where the consensus client says so", async () => {
    const head = driven.engine.unsafe();
    const fork = driven.engine.block(head.number - 3n)!;
    await choose(fork.hash);
    expect(driven.engine.unsafe().hash).toBe(fork.hash);
    const other = depositsOnly(await attributesOf(fork.number + 1n));
    const { payloadId } = await choose(fork.hash, wireAttributes(other));
    const built = await client.call<Built>("engine_getPayloadV4", payloadId);
    await insert(built.executionPayload, built.parentBeaconBlockRoot);
    await choose(built.executionPayload.blockHash);
    expect(driven.engine.unsafe().hash).toBe(built.executionPayload.blockHash);
    await choose(head.hash, undefined, fork.hash);
    expect(driven.engine.unsafe().hash).toBe(head.hash);
  });

  test("answers what it does not have with SYNCING, and what is wrong with INVALID", async () => {
    const head = driven.engine.unsafe();
    const unknown: Hex = `0x${"ab".repeat(32)}`;
    expect((await choose(unknown)).payloadStatus.status).toBe("SYNCING");
    await rollup.build(sequencer, 1);
    const attributes = await attributesOf(head.number + 1n);
    const { payloadId } = await choose(head.hash, wireAttributes(attributes));
    const { executionPayload: good, parentBeaconBlockRoot: root } = await client.call<Built>(
      "engine_getPayloadV4",
      payloadId,
    );
    expect((await insert({ ...good, gasUsed: "0x1" }, root)).validationError).toMatch(/hash/);
    const rehashed = async (fields: object): Promise<Payload> => {
      const { validationError } = await insert({ ...good, ...fields } as Payload, root);
      return { ...good, ...fields, blockHash: /0x[0-9a-f]{64}/.exec(validationError!)![0] as Hex };
    };
    const bad = await rehashed({ stateRoot: unknown });
    expect(await insert(bad, root)).toMatchObject({ status: "INVALID", latestValidHash: head.hash });
    expect(await insert(bad, root)).toMatchObject({ status: "INVALID", latestValidHash: head.hash });
    expect((await choose(bad.blockHash)).payloadStatus).toMatchObject({
      status: "INVALID",
      latestValidHash: head.hash,
    });
    const child = await rehashed({ parentHash: bad.blockHash, blockNumber: numberToHex(head.number + 2n) });
    expect(await insert(child, root)).toMatchObject({ status: "INVALID", latestValidHash: head.hash });
    const orphan = await rehashed({ parentHash: unknown });
    expect((await insert(orphan, root)).status).toBe("SYNCING");
    const otherBlobs = await client.call<Status>("engine_newPayloadV4", good, [unknown], root, []);
    expect(otherBlobs).toMatchObject({ status: "INVALID", latestValidHash: head.hash });
    expect(driven.engine.unsafe().hash).toBe(head.hash);
  });

  test.each<[string, object, number]>([
    ["a time that is not after the parent's", { timestamp: "0x1" }, -38003],
    ["no gas limit", { gasLimit: null }, -38003],
    ["no EIP-1559 parameters", { eip1559Params: null }, -38003],
    ["an elasticity alone", { eip1559Params: "0x0000000000000006" }, -38003],
    ["a minimum base fee before Jovian", { minBaseFee: 1 }, -38003],
    ["a transaction that does not execute", { transactions: ["0x7eff"] }, -38003],
    ["no root", { parentBeaconBlockRoot: null }, -32602],
    ["an empty transaction", { transactions: ["0x"] }, -32602],
    ["text", { timestamp: "soon" }, -32602],
  ])("refuses attributes with %s", async (_, fields, code) => {
    const head = driven.engine.unsafe();
    const attributes = wireAttributes(await attributesOf(head.number + 1n));
    await expect(choose(head.hash, { ...attributes, ...fields })).rejects.toMatchObject({ code });
    expect(driven.engine.unsafe().hash).toBe(head.hash);
  });

  test("refuses heads that are no chain, payloads it did not build, and versions of other forks", async () => {
    const head = driven.engine.unsafe();
    const before = driven.engine.block(head.number - 5n)!;
    const unknown: Hex = `0x${"ab".repeat(32)}`;
    await expect(choose(before.hash, undefined, head.hash)).rejects.toMatchObject({ code: -38002 });
    await expect(choose(head.hash, undefined, unknown)).rejects.toMatchObject({ code: -38002 });
    await expect(choose(head.hash, undefined, before.hash, head.hash)).rejects.toMatchObject({ code: -38002 });
    expect(driven.engine.unsafe().hash).toBe(head.hash);
    await expect(client.call("engine_getPayloadV4", "0x0300000000000000")).rejects.toMatchObject({ code: -38001 });
    const { payloadId } = await choose(head.hash, wireAttributes(await attributesOf(head.number + 1n)));
    await expect(client.call("engine_getPayloadV3", payloadId)).rejects.toMatchObject({ code: -38005 });
  });
});
