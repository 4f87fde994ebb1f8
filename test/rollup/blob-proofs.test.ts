import { BeaconBlobs, decodeBlob, type L1Request, TransactionSender } from "@hyperion/rollup";
import { createPublicClient, http, numberToHex } from "viem";
import { afterEach, describe, expect, test } from "vitest";
import { anvilBinary, startAnvil } from "./anvil-process.ts";
import { batcherKey, LightRollup } from "./light-rollup.ts";

const binary = anvilBinary();

describe.skipIf(binary === undefined)("blobs", () => {
  let rollup: LightRollup;
  afterEach(() => rollup.close());

  test.each(["prague", "osaka"])(
    "reach an L1 at %s with the proofs that it wants, and come back",
    async (hardfork) => {
      const flags = ["--chain-id", "900", "--hardfork", hardfork, "--accounts", "0"];
      rollup = await LightRollup.create(await startAnvil(binary!, flags));
      const sequencer = await rollup.node();
      const batcher = rollup.batcher(sequencer);
      for (let round = 1n; round <= 2n; round++) {
        for (let i = 0; i < 5; i++) await rollup.build(sequencer, 1);
        while ((await batcher.post()) === 0) await sequencer.deriver.catchUp();
        await sequencer.deriver.catchUp();
        expect(sequencer.engine.safe().number).toBe(5n * round);
      }
      const verifier = await rollup.node();
      await verifier.deriver.catchUp();
      expect(verifier.engine.safe().hash).toBe(sequencer.engine.unsafe().hash);
    },
    120_000,
  );

  test("of several transactions in one L1 block are found", async () => {
    const anvil = await startAnvil(binary!, ["--chain-id", "900", "--hardfork", "prague", "--no-mining"]);
    rollup = await LightRollup.create(anvil);
    const l1 = createPublicClient({ transport: http(anvil.url), cacheTime: 0 });
    const sender = new TransactionSender(l1, {
      ...{ account: batcherKey, chainId: 900, patience: 30_000, maxFeePerGas: 10n ** 12n },
    });
    const to = rollup.config.batchInbox;
    const requests: L1Request[] = [[1, 2], [3]].map((bytes) => ({
      to,
      blobs: bytes.map((byte) => Uint8Array.of(byte)),
    }));
    const sending = sender.sendAll(requests);
    const address = batcherKey.address;
    await expect
      .poll(() => l1.getTransactionCount({ address, blockTag: "pending" }), { timeout: 30_000 })
      .toBe(requests.length);
    await anvil.request("evm_mine");
    const [first, second] = await sending;
    expect(second!.blockNumber).toBe(first!.blockNumber);
    const block = await l1.getBlock({ blockNumber: first!.blockNumber, includeTransactions: true });
    const hashes = block.transactions.flatMap(({ blobVersionedHashes }) => blobVersionedHashes ?? []);
    const { number, hash, parentHash, timestamp } = block;
    const source = new BeaconBlobs(anvil.url, { byNumber: true });
    const blobs = await source.blobs({ number, hash, parentHash, timestamp }, hashes);
    expect(blobs.map((blob) => numberToHex(decodeBlob(blob)[0]!))).toEqual(["0x1", "0x2", "0x3"]);
  }, 120_000);
});
