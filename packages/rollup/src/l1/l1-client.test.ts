import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { bytesToHex, type Hex, numberToHex } from "viem";
import { afterEach, describe, expect, test } from "vitest";
import { encodeBlob } from "../formats/blob.ts";
import { blobBaseFee, blobSchedule } from "./blob-price.ts";
import { BeaconBlobs, versionedHash } from "./blob-source.ts";
import { commitToBlob } from "./kzg.ts";
import { L1Client } from "./l1-client.ts";

const hash = (byte: number): Hex => `0x${byte.toString(16).padStart(2, "0").repeat(32)}`;
const PORTAL: Hex = "0x0907000000000000000000000000000000000002";
const SYSTEM_CONFIG: Hex = "0x5c00000000000000000000000000000000000003";
const INBOX: Hex = "0xff00000000000000000000000000000000000901";
const BATCHER: Hex = "0xba7c000000000000000000000000000000000001";
const config = { portal: PORTAL, systemConfigAddress: SYSTEM_CONFIG, l1ChainId: 900n };
const block = {
  ...{ number: "0x5", hash: hash(5), parentHash: hash(4), timestamp: "0x3c", baseFeePerGas: "0x7" },
  ...{ mixHash: hash(9), parentBeaconBlockRoot: hash(8), excessBlobGas: "0x0" },
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers each request as told. */
async function serve(answer: (path: string, body: string) => unknown): Promise<string> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const result = answer(request.url ?? "", Buffer.concat(parts).toString());
      response.statusCode = result === undefined ? 500 : 200;
      response.end(JSON.stringify(result ?? null));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Answers = Readonly<Record<string, unknown>>;

const rpc = (answers: Answers): Promise<string> =>
  serve((_, body) => {
    const { id, method } = JSON.parse(body);
    return { jsonrpc: "2.0", id, result: answers[method] ?? null };
  });

const client = (urls: readonly string[], beacon = "http://127.0.0.1:1"): L1Client =>
  new L1Client({ urls, blobs: new BeaconBlobs(beacon, { byNumber: true }), config });

describe("L1Client", () => {
  const log = (index: number, blockHash = hash(5)): object => ({
    ...{ address: PORTAL, topics: [hash(1)], data: "0xabcd", logIndex: numberToHex(index), blockHash },
  });

  test("reads blocks with their events in order, from the endpoint that answers", async () => {
    const good = await rpc({
      eth_getBlockByNumber: { ...block, transactions: [] },
      eth_getLogs: [log(7), log(2)],
    });
    const dead = await serve(() => undefined);
    const found = await client([dead, good]).block(5n);
    expect(found).toMatchObject({ number: 5n, hash: hash(5), timestamp: 60n, baseFee: 7n, blobBaseFee: 1n });
    expect(found!.logs.map(({ index }) => index)).toEqual([2, 7]);
    expect(found!.logs[0]!.data).toEqual(Uint8Array.of(0xab, 0xcd));
  });

  test.each<[string, Answers]>([
    ["another number", { eth_getBlockByNumber: { ...block, number: "0x6", transactions: [] } }],
    ["a block without fields", { eth_getBlockByNumber: { number: "0x5" } }],
    ["a short hash", { eth_getBlockByNumber: { ...block, parentHash: "0x12", transactions: [] } }],
    ["text", { eth_getBlockByNumber: "five" }],
    [
      "a number beyond any",
      { eth_getBlockByNumber: { ...block, baseFeePerGas: `0x${"f".repeat(65)}`, transactions: [] } },
    ],
    ["logs of another block", { eth_getBlockByNumber: { ...block, transactions: [] }, eth_getLogs: [log(1, hash(6))] }],
    ["no logs", { eth_getBlockByNumber: { ...block, transactions: [] }, eth_getLogs: "0x" }],
  ])("refuses %s", async (_, answers) => {
    const reading = client([await rpc(answers)]).block(5n);
    await expect(reading).rejects.toMatchObject({ code: "L1_INCONSISTENT" });
  });

  test("says that a block is not there, and that nobody answers", async () => {
    expect(await client([await rpc({})]).block(5n)).toBeUndefined();
    const silent = await serve(() => undefined);
    await expect(client([silent]).head()).rejects.toMatchObject({ code: "L1_UNREACHABLE" });
    expect(await client([silent]).finalized()).toBeUndefined();
  }, 30_000);

  test("takes an endpoint that knows less than before for one that lags behind", async () => {
    let height = 5;
    const url = await serve((_, body) => {
      const { id, method, params } = JSON.parse(body);
      if (method === "eth_getLogs") return { jsonrpc: "2.0", id, result: [] };
      const number = params[0] === "latest" ? height : Number(params[0]);
      const found = { ...block, number: numberToHex(number), hash: hash(number), transactions: [] };
      return { jsonrpc: "2.0", id, result: number <= height ? found : null };
    });
    const reader = client([url]);
    expect((await reader.head()).number).toBe(5n);
    expect(await reader.block(6n)).toBeUndefined();
    height = 3;
    await expect(reader.head()).rejects.toMatchObject({ code: "L1_INCONSISTENT" });
    await expect(reader.block(5n)).rejects.toMatchObject({ code: "L1_INCONSISTENT" });
    expect((await reader.block(3n))!.number).toBe(3n);
    height = 6;
    expect((await reader.head()).number).toBe(6n);
  });

  test("gives the batcher's calldata and blobs in the order of the block", async () => {
    const blobs = [encodeBlob(Uint8Array.of(1)), encodeBlob(Uint8Array.of(2)), new Uint8Array(131_072).fill(5)];
    const hashes = blobs.map((blob) => versionedHash(commitToBlob(blob)));
    const sent = (from: Hex, to: Hex | null, input: Hex, blobVersionedHashes?: readonly Hex[]): object => ({
      ...{ hash: hash(1), from, to, input },
      ...(blobVersionedHashes && { blobVersionedHashes }),
    });
    const transactions = [
      sent(BATCHER, INBOX, "0x00aa"),
      sent(PORTAL, INBOX, "0x00bb"),
      sent(BATCHER, null, "0x00cc"),
      sent(BATCHER, INBOX, "0x", hashes),
      sent(BATCHER.toUpperCase().replace("X", "x") as Hex, INBOX, "0x00dd"),
    ];
    const url = await rpc({ eth_getBlockByHash: { ...block, transactions }, eth_getLogs: [] });
    const beacon = await serve(() => ({ data: blobs.toReversed().map((blob) => bytesToHex(blob)) }));
    const ref = { number: 5n, hash: hash(5), parentHash: hash(4), timestamp: 60n };
    const payloads = await client([url], beacon).payloads(ref, INBOX, BATCHER);
    expect(payloads.map((payload) => bytesToHex(payload))).toEqual(["0x00aa", "0x01", "0x02", "0x00dd"]);
  });
});

describe("BeaconBlobs", () => {
  const blob = encodeBlob(Uint8Array.of(7));
  const wanted = versionedHash(commitToBlob(blob));
  const ref = { number: 5n, hash: hash(5), parentHash: hash(4), timestamp: 1_060n };

  test("asks by slot", async () => {
    const asked: string[] = [];
    const url = await serve((path) => {
      asked.push(path);
      if (path.includes("genesis")) return { data: { genesis_time: "1000" } };
      if (path.includes("spec")) return { data: { SECONDS_PER_SLOT: "12" } };
      return { data: [bytesToHex(blob)] };
    });
    expect(await new BeaconBlobs(url).blobs(ref, [wanted])).toEqual([blob]);
    expect(asked.at(-1)).toBe(`/eth/v1/beacon/blobs/5?versioned_hashes=${wanted}`);
  });

  test.each<[string, unknown]>([
    ["another blob", { data: [bytesToHex(encodeBlob(Uint8Array.of(8)))] }],
    ["nothing", { data: [] }],
    ["half a blob", { data: [bytesToHex(blob.subarray(0, 65_536))] }],
    ["field elements beyond the modulus", { data: [`0x${"ff".repeat(131_072)}`] }],
    ["text", { data: ["blob"] }],
    ["no data", {}],
    ["an error", undefined],
  ])("takes %s for no answer", async (_, answer) => {
    const url = await serve(() => answer);
    const reading = new BeaconBlobs(url, { byNumber: true }).blobs(ref, [wanted]);
    await expect(reading).rejects.toMatchObject({ code: "BLOB_UNAVAILABLE" });
  });
});

test("blob prices follow EIP-4844 and the schedule of their L1", () => {
  // The example of EIP-4844's tests: a price of 2 wei at the excess below, 23 at ten million more.
  const cancun = [{ timestamp: 0n, baseFeeUpdateFraction: 3_338_477n }];
  expect(blobBaseFee(0n, 0n, cancun)).toBe(1n);
  expect(blobBaseFee(2_314_057n, 0n, cancun)).toBe(1n);
  expect(blobBaseFee(2_314_058n, 0n, cancun)).toBe(2n);
  expect(blobBaseFee(10n * 1024n * 1024n, 0n, cancun)).toBe(23n);
  const mainnet = blobSchedule(1n);
  expect(blobBaseFee(100_000_000n, 1_700_000_000n, mainnet)).toBeGreaterThan(
    blobBaseFee(100_000_000n, 1_770_000_000n, mainnet),
  );
});
