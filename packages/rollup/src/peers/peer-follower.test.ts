import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { type Address, numberToHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TestRollup, type TestSequencer, type TestVerifier } from "../testing/test-rollup.ts";
import { BlockHistory } from "./block-history.ts";
import { type BlockServer, createBlockServer, STREAM_TYPE } from "./block-server.ts";
import { signPayload } from "./block-signature.ts";
import { PeerError } from "./errors.ts";
import { PeerFollower } from "./peer-follower.ts";
import { SignedFeed } from "./signed-feed.ts";
import { encodeMessage, STREAM_VERSION, type StreamChain } from "./stream-format.ts";
import { UnsafeImporter } from "./unsafe-importer.ts";

const signer = privateKeyToAccount(`0x${"51".repeat(32)}`);
const stranger = privateKeyToAccount(`0x${"52".repeat(32)}`);
const SIGNER = signer.address.toLowerCase() as Address;
const PAUSES = { excusable: [20, 100], hostile: [10_000, 10_000], stuck: [200, 400] } as const;
const PATIENCE = 400;

let rollup: TestRollup;
let sequencer: TestSequencer;
let chain: StreamChain;
const closers: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  rollup = await TestRollup.create();
  sequencer = await rollup.sequencer();
  chain = { chainId: rollup.config.l2ChainId, genesis: rollup.config.genesis.l2.hash };
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await rollup.close();
});

const serve = async (history: BlockHistory, head: () => bigint, port = 0): Promise<BlockServer> => {
  const server = await createBlockServer({ host: "127.0.0.1", port, chain, history, head, maxConnections: 2 });
  closers.push(() => server.close());
  return server;
};

/** The sequencer's own stream. */
const stream = async (port = 0): Promise<BlockServer> => {
  const history = new BlockHistory();
  const sign = (hash: `0x${string}`): Promise<`0x${string}`> => signer.sign({ hash });
  const feed = new SignedFeed({
    ...{ chain: sequencer.chain, chainId: chain.chainId, history, sign },
    onError: (error) => {
      throw error;
    },
  });
  closers.push(() => feed.close());
  return serve(history, () => sequencer.engine.unsafe().number, port);
};

interface Follower extends TestVerifier {
  readonly follower: PeerFollower;
  readonly history: BlockHistory;
  /** Codes of the errors for which peers were left. */
  readonly left: string[];
}

const follow = async (urls: readonly string[]): Promise<Follower> => {
  const node = await rollup.verifier();
  const history = new BlockHistory();
  const left: string[] = [];
  const importer = new UnsafeImporter({
    ...{ config: rollup.config, chain: node.chain, engine: node.engine, l1: rollup.l1, history },
    signer: { current: async () => SIGNER, renewed: async () => SIGNER },
  });
  const follower = new PeerFollower({
    ...{ urls, chain, importer, heads: node.engine, pauses: PAUSES, patience: PATIENCE },
    onLeft: (_, error) => left.push(error instanceof PeerError ? error.code : `${error}`),
  });
  closers.push(() => follower.stop());
  follower.start();
  return { ...node, follower, history, left };
};

/** A peer that does with every reader what the test wants. */
const hostile = async (behave: (response: ServerResponse) => void): Promise<string> => {
  const server: Server = createServer((_, response) => {
    response.on("error", () => {});
    behave(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const hello = (changed: Partial<StreamChain> & { readonly version?: number } = {}): Uint8Array =>
  encodeMessage({ kind: "hello", version: STREAM_VERSION, ...chain, head: 9n, ...changed });

const build = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) {
    await sequencer.build(i % 2);
    await sequencer.chain.flush();
  }
};

const same = (node: TestVerifier): Promise<void> =>
  vi.waitFor(() => expect(node.engine.unsafe().hash).toBe(sequencer.engine.unsafe().hash), 5_000);

describe("following peers", () => {
  test("two nodes in a row have the sequencer's head, also what was there before they came", async () => {
    await build(5);
    const a = await follow([(await stream()).url]);
    const relay = await serve(a.history, () => a.engine.unsafe().number);
    const b = await follow([relay.url]);
    await same(b);
    await build(5);
    await Promise.all([same(a), same(b)]);
    expect(a.engine.safe().number).toBe(0n);
    expect(b.left).toEqual([]);
    expect(b.follower.peers).toMatchObject([{ state: "connected", problem: undefined }]);
  });

  test("a peer that goes and comes back is found again, and what was missed is made up for", async () => {
    const first = await stream();
    const node = await follow([first.url]);
    await build(3);
    await same(node);
    await first.close();
    await build(4);
    await vi.waitFor(() => expect(node.left).toContain("UNREACHABLE"), 5_000);
    await stream(Number(new URL(first.url).port));
    await same(node);
  });

  test("a relay that began again hands on what it has, and its readers go on", async () => {
    const source = await stream();
    const a = await follow([source.url]);
    await build(6);
    await same(a);
    // The same chain with an empty history, as after a restart.
    const again = await follow([source.url]);
    const relay = await serve(again.history, () => again.engine.unsafe().number);
    const b = await follow([relay.url]);
    await same(b);
  });

  test("beyond the limit of readers there is no stream", async () => {
    const { url } = await stream();
    const [a, b] = [await follow([url]), await follow([url])];
    await build(1);
    await Promise.all([same(a), same(b)]);
    const c = await follow([url]);
    await vi.waitFor(() => expect(c.left).toContain("REFUSED"), 5_000);
  });

  test.each<[string, string, (response: ServerResponse) => void]>([
    ["is of another chain", "WRONG_CHAIN", (response) => response.write(hello({ chainId: 10n }))],
    [
      "has another genesis",
      "WRONG_CHAIN",
      (response) => response.write(hello({ genesis: numberToHex(1, { size: 32 }) })),
    ],
    ["speaks another version", "WRONG_VERSION", (response) => response.write(hello({ version: 2 }))],
    ["does not greet", "MALFORMED", (response) => response.write(encodeMessage({ kind: "head", head: 1n }))],
    ["greets twice", "MALFORMED", (response) => response.write(Buffer.concat([hello(), hello()]))],
    ["announces a frame of gigabytes", "OVERSIZE", (response) => response.write(Buffer.alloc(8, 0xff))],
    ["ends at once", "CLOSED", (response) => response.end(hello())],
    ["says nothing", "TIMEOUT", (response) => response.flushHeaders()],
    [
      "drops in byte by byte",
      "TIMEOUT",
      (response) => {
        const timer = setInterval(() => response.write(Buffer.alloc(1)), 50);
        response.on("close", () => clearInterval(timer));
        response.write(Buffer.concat([hello(), Buffer.from([0, 1, 0, 0, 1])]));
      },
    ],
  ])("a peer that %s is left (%s), while a good one is followed", async (_, code, behave) => {
    const bad = await hostile((response) => {
      response.writeHead(200, { "content-type": STREAM_TYPE });
      behave(response);
    });
    const node = await follow([bad, (await stream()).url]);
    await build(2);
    await same(node);
    await vi.waitFor(() => expect(node.left).toContain(code), 5_000);
    expect(node.engine.safe().number).toBe(0n);
  });

  test("no stream at all, or one that leads elsewhere, is refused", async () => {
    const page = await hostile((response) => response.writeHead(200, { "content-type": "text/html" }).end("hello"));
    const other = await hostile((response) => response.writeHead(302, { location: page }).end());
    const node = await follow([page, other]);
    await vi.waitFor(() => expect(new Set(node.left)).toEqual(new Set(["REFUSED", "UNREACHABLE"])), 5_000);
  });

  test("a forger is shunned, and can change nothing", async () => {
    await build(3);
    const payload = sequencer.chain.block(1n)!.rlp;
    const signature = await signPayload((hash) => stranger.sign({ hash }), chain.chainId, payload);
    let asked = 0;
    const url = await hostile((response) => {
      asked++;
      response.writeHead(200, { "content-type": STREAM_TYPE });
      response.write(Buffer.concat([hello(), encodeMessage({ kind: "block", signature, payload })]));
    });
    const node = await follow([url]);
    await vi.waitFor(() => expect(node.follower.peers[0]).toMatchObject({ state: "shunned" }), 5_000);
    expect(node.follower.peers[0]!.problem).toMatchObject({ code: "WRONG_SIGNER" });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(asked).toBe(1);
    expect(node.engine.unsafe().number).toBe(0n);
  });

  test("replays and noise behind a greeting move no head", async () => {
    await build(4);
    const replay = await Promise.all(
      [1n, 2n, 3n].map(async (number) => {
        const payload = sequencer.chain.block(number)!.rlp;
        const signature = await signPayload((hash) => signer.sign({ hash }), chain.chainId, payload);
        return encodeMessage({ kind: "block", signature, payload });
      }),
    );
    const [noise] = fc.sample(fc.uint8Array({ minLength: 200, maxLength: 2_000 }), { numRuns: 1, seed: 3 });
    const url = await hostile((response) => {
      response.writeHead(200, { "content-type": STREAM_TYPE });
      response.write(Buffer.concat([hello(), ...replay, ...replay, ...replay.toReversed(), noise!]));
    });
    const node = await follow([url, (await stream()).url]);
    await same(node);
    await vi.waitFor(() => expect(node.left.length).toBeGreaterThan(0), 5_000);
    expect(node.engine.safe().number).toBe(0n);
  });
});
