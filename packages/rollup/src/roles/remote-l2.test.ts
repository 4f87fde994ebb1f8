import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { bytesToHex } from "viem";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestRollup, type TestSequencer } from "../testing/test-rollup.ts";
import { RemoteL2 } from "./remote-l2.ts";

type Answers = Record<string, (params: readonly string[]) => unknown>;

let rollup: TestRollup;
let sequencer: TestSequencer;
let server: Server;
let remote: RemoteL2;
let answers: Answers;

/** A node that says what a test wants it to say. */
beforeEach(async () => {
  rollup = await TestRollup.create();
  sequencer = await rollup.sequencer();
  answers = {
    debug_getRawBlock: ([number]) => {
      const block = sequencer.chain.block(BigInt(number!));
      if (!block) throw new Error("block not found");
      return bytesToHex(block.rlp);
    },
  };
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString());
    response.setHeader("content-type", "application/json");
    try {
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result: answers[method]!(params) }));
    } catch (error) {
      response.end(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32000, message: (error as Error).message } }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  remote = new RemoteL2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, rollup.config);
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rollup.close();
});

describe("a chain behind JSON-RPC", () => {
  test("reads blocks as the chain itself has them, up to its head", async () => {
    rollup.l1.mine();
    for (let i = 0; i < 8; i++) await sequencer.build(i % 3);
    for (let number = 0n; number <= 8n; number++) {
      expect(await remote.block(number)).toEqual(sequencer.engine.block(number));
      const own = sequencer.engine.sequenced(number).map((raw) => bytesToHex(raw));
      expect((await remote.sequenced(number)).map((raw) => bytesToHex(raw))).toEqual(own);
    }
    expect(await remote.block(9n)).toBeUndefined();
  });

  test("the safe head must be the block that it is said to be", async () => {
    await sequencer.build();
    const { hash, parentHash } = sequencer.engine.block(1n)!;
    const l1 = { hash, parentHash, number: 1, timestamp: 2 };
    const status = (claimed: string): void => {
      const head = { number: 1, hash: claimed };
      answers.optimism_syncStatus = () => ({ current_l1: l1, safe_l2: head, finalized_l2: head });
    };
    status(hash);
    expect(await remote.safe()).toEqual(sequencer.engine.block(1n));
    expect(await remote.origin).toMatchObject({ number: 1n });
    status(parentHash);
    await expect(remote.safe()).rejects.toMatchObject({ code: "L2_INCONSISTENT" });
  });

  test.each([
    ["nothing", () => null],
    ["no hex", () => "block"],
    ["no block", () => "0xc0"],
    ["half a block", () => bytesToHex(sequencer.chain.genesis().rlp.slice(0, 200))],
    ["another block", () => bytesToHex(sequencer.chain.genesis().rlp)],
  ])("answered with %s, says so", async (_, answer) => {
    answers.debug_getRawBlock = answer;
    await expect(remote.block(5n)).rejects.toMatchObject({ code: "L2_INCONSISTENT" });
  });

  test("a node that is not there is unreachable", async () => {
    const nobody = new RemoteL2("http://127.0.0.1:1", rollup.config);
    await expect(nobody.block(1n)).rejects.toMatchObject({ code: "L2_UNREACHABLE" });
  });
});
