import {
  Batcher,
  type BatcherOptions,
  type L1Ref,
  L2NodeError,
  type L2Source,
  TransactionSender,
} from "@hyperion/rollup";
import { createPublicClient, custom, type PublicClient } from "viem";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { anvilBinary, startAnvil } from "./anvil-process.ts";
import { batcherKey, type LightNode, LightRollup } from "./light-rollup.ts";

const binary = anvilBinary();
const OPTIONS = { batches: "span", compression: "brotli", data: "blobs", maxBlocks: 500 } as const;

describe.skipIf(binary === undefined)("the batcher", { timeout: 120_000 }, () => {
  let rollup: LightRollup;

  beforeEach(async () => {
    rollup = await LightRollup.create(
      await startAnvil(binary!, ["--chain-id", "900", "--hardfork", "prague", "--accounts", "0"]),
    );
  });
  afterEach(() => rollup.close());

  const sender = (l1: PublicClient = rollup.l1.client): TransactionSender =>
    new TransactionSender(l1, {
      ...{ account: batcherKey, chainId: 900, patience: 30_000, maxFeePerGas: 10n ** 12n },
    });

  test("lets blocks wait for others that fill a blob, and not for longer than it may", async () => {
    const sequencer = await rollup.node();
    const batcher = rollup.batcher(sequencer, { maxWait: 8 });
    await sequencer.deriver.catchUp();
    for (let i = 0; i < 3; i++) await rollup.build(sequencer, 1);
    expect(await batcher.post()).toBe(0);
    await rollup.build(sequencer, 1);
    expect(await batcher.post()).toBe(4);
    await sequencer.deriver.catchUp();
    expect(sequencer.engine.safe().number).toBe(4n);
  });

  test("posts nothing twice when the sequencer begins again with less than was posted", async () => {
    const before = await rollup.node();
    const after = await rollup.node();
    let node: LightNode = before;
    let read: L1Ref | undefined;
    let isAway = false;
    // It goes away while L1 takes what was posted.
    const l1 = createPublicClient({
      transport: custom({
        request: async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
          isAway ||= method === "eth_sendRawTransaction";
          return rollup.anvil.request(method, params as readonly unknown[]);
        },
      }),
      cacheTime: 0,
    });
    const l2: L2Source = {
      safe: () => node.engine.safe(),
      finalized: () => node.engine.finalized(),
      block: (number) => {
        if (isAway) throw new L2NodeError("L2_UNREACHABLE", "no answer");
        return node.engine.block(number);
      },
      sequenced: (number) => node.engine.sequenced(number),
      outputRoot: (number) => node.engine.outputRoot(number),
    };
    const progress = {
      get origin(): L1Ref | undefined {
        return read;
      },
    };
    const batcher = new Batcher(rollup.config, l2, rollup.l1, progress, sender(l1), OPTIONS);
    await before.deriver.catchUp();
    read = before.deriver.origin;
    for (let i = 0; i < 5; i++) await rollup.build(before, 1);
    expect(await batcher.post()).toBe(5);

    node = after;
    isAway = false;
    for (let i = 0; i < 2; i++) await rollup.build(after, 0);
    expect(await batcher.post()).toBe(0);
    await after.deriver.catchUp();
    read = after.deriver.origin;
    expect(await batcher.post()).toBe(0);
    expect(after.engine.safe().hash).toBe(before.engine.unsafe().hash);
    expect(after.engine.unsafe().hash).toBe(before.engine.unsafe().hash);
  });

  test("replaces what is stuck by the kind of data that it has, as pools take no mixture", async () => {
    let isReserved = true;
    // A rule of geth's pool, which anvil's does not have.
    const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
      const list = params as readonly unknown[] | undefined;
      const hasBlobs = method === "eth_sendRawTransaction" && String(list![0]).startsWith("0x03");
      if (isReserved && hasBlobs) throw { code: -32_000, message: "address already reserved" };
      return rollup.anvil.request(method, list);
    };
    const l1 = createPublicClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 });
    const { engine, deriver } = await rollup.node();
    const options: BatcherOptions = OPTIONS;
    const batcher = new Batcher(rollup.config, engine, rollup.l1, deriver, sender(l1), options);
    const kindOfPost = async (): Promise<string> => {
      await rollup.build({ engine } as LightNode, 1);
      await deriver.catchUp();
      expect(await batcher.post()).toBeGreaterThan(0);
      const { transactions } = await l1.getBlock({ includeTransactions: true });
      return transactions[0]!.type;
    };
    await deriver.catchUp();
    await rollup.build({ engine } as LightNode, 1);
    await expect(batcher.post()).rejects.toMatchObject({ code: "L1_RESERVED" });
    expect(await kindOfPost()).toBe("eip1559");
    isReserved = false;
    expect(await kindOfPost()).toBe("eip4844");
  });
});
