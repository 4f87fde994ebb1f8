import { type BatchBlock, encodeFrames, encodeSingularBatch, encodeSpanBatch } from "@hyperion/rollup";
import { toHex } from "viem";
import { expect, test } from "vitest";
import { anvilBinary, startAnvil } from "../anvil-process.ts";
import { type LightNode, LightRollup } from "../light-rollup.ts";
import { compressed } from "./channel-cases.ts";
import { opNode } from "./op-node-build.ts";
import { withOpNode } from "./op-node-verifier.ts";

const anvil = anvilBinary();
const { path, reason } = await opNode(false);
const isMissing = path === undefined || anvil === undefined;
const why = reason ? ` (skipped: ${reason})` : "";
const BLOCKS = 30n;

const startL1 = () => startAnvil(anvil!, ["--chain-id", "900", "--hardfork", "prague", "--accounts", "0"]);

test.skipIf(isMissing).each([["Isthmus", {}] as const, ["Jovian", { jovianTime: 0n }] as const])(
  `op-node as verifier derives our chain over the Engine API at %s${why}`,
  async (_, features) => {
    const rollup = await LightRollup.create(await startL1(), features);
    const [sequencer, driven] = await Promise.all([rollup.node(), rollup.node()]);
    await rollup.anvil.request("anvil_mine", ["0x4"]);
    for (const batches of ["span", "singular"] as const) {
      for (let i = 0n; i < BLOCKS / 2n; i++) await rollup.build(sequencer, Number(i % 4n));
      const batcher = rollup.batcher(sequencer, { data: "calldata", batches });
      while ((await batcher.post()) === 0) await sequencer.deriver.catchUp();
      await sequencer.deriver.catchUp();
    }
    await rollup.anvil.request("anvil_mine", ["0x2"]);
    try {
      await withOpNode(path!, rollup, driven, () =>
        expect.poll(() => driven.engine.safe().number, { timeout: 60_000 }).toBe(BLOCKS),
      );
      expect(driven.engine.safe().hash).toBe(sequencer.engine.safe().hash);
    } finally {
      await rollup.close();
    }
  },
  120_000,
);

const blockOf = ({ engine }: LightNode, number: bigint): BatchBlock => {
  const { hash, parentHash, timestamp, origin } = engine.block(number)!;
  const transactions = engine.sequenced(number);
  return { number, hash, parentHash, timestamp, epochNumber: origin.number, epochHash: origin.hash, transactions };
};

/** Channels of batches that belong here and batches that do not, with the safe block that follows from each. */
function oddChannels(rollup: LightRollup, node: LightNode): readonly [bigint, readonly Uint8Array[]][] {
  const { l2ChainId: chainId, blockTime, genesis } = rollup.config;
  const blocks = Array.from({ length: Number(BLOCKS) }, (_, i) => blockOf(node, BigInt(i + 1)));
  const part = (from: number, to: number): readonly BatchBlock[] => blocks.slice(from - 1, to);
  const span = (some: readonly BatchBlock[]): Uint8Array => {
    const parent = node.engine.block(some[0]!.number - 1n)!;
    const context = { chainId, blockTime, genesisTime: genesis.l2Time };
    return encodeSpanBatch(some[0]!.parentHash, parent.origin.number, some, context);
  };
  const singles = (from: number, to: number): Uint8Array[] =>
    part(from, to).map((block) => encodeSingularBatch({ kind: "singular", ...block }));
  const [first, ...rest] = part(6, 8);
  const emptied = [...part(3, 4), { ...blocks[4]!, transactions: [] }, ...part(6, 8)];
  const early = span([first!, ...rest]);
  // Begins with the genesis block's time: the number behind the version counts from there.
  early[1] = 0;
  const tooLate = Array.from({ length: 40 }, (_, i) => ({
    ...first!,
    timestamp: first!.timestamp + BigInt(i) * blockTime,
    epochNumber: first!.epochNumber + BigInt(i),
  }));
  return [
    [5n, [withUnknownType(span(part(1, 3))), span(part(1, 3)), ...singles(4, 5)]],
    [5n, [span(part(6, 8)).slice(0, -3), span(part(6, 8))]],
    [5n, [span(emptied), span(part(6, 8))]],
    [7n, [early, ...singles(6, 7)]],
    [9n, [span(tooLate), ...singles(8, 9)]],
    [11n, [span(part(2, 9)), span(part(4, 11))]],
    [11n, [...singles(13, 14), ...singles(12, 12)]],
    [BLOCKS, [span(part(12, Number(BLOCKS)))]],
  ];
}

/** Spoils the first entry of the data column: type, value, tip, fee, no data, no access list. */
function withUnknownType(span: Uint8Array): Uint8Array {
  const at = Buffer.from(span).indexOf(Buffer.from("02ca01018502540be40080c0", "hex"));
  expect(at).toBeGreaterThan(0);
  return span.map((byte, i) => (i === at ? 3 : byte));
}

test.skipIf(isMissing)(
  `op-node judges odd channels as we do${why}`,
  async () => {
    const rollup = await LightRollup.create(await startL1());
    const [sequencer, follower, driven] = await Promise.all([rollup.node(), rollup.node(), rollup.node()]);
    await rollup.anvil.request("anvil_mine", ["0x6"]);
    for (let i = 0n; i < BLOCKS; i++) await rollup.build(sequencer, 1 + Number(i % 2n));
    const sender = rollup.sender();
    try {
      await withOpNode(path!, rollup, driven, async () => {
        for (const [index, [safe, batches]] of oddChannels(rollup, sequencer).entries()) {
          const channelId = toHex(index, { size: 16 });
          const data = compressed(batches, index % 2 ? "zlib" : "brotli");
          const payload = encodeFrames([{ channelId, number: 0, data, isLast: true }]);
          await sender.send({ to: rollup.config.batchInbox, data: payload });
          await rollup.anvil.request("anvil_mine", ["0x1"]);
          await follower.deriver.catchUp();
          expect([index, follower.engine.safe().number]).toEqual([index, safe]);
          await expect.poll(() => driven.engine.safe().number, { timeout: 60_000 }).toBe(safe);
        }
      });
      expect(driven.engine.safe().hash).toBe(sequencer.engine.unsafe().hash);
      expect(follower.engine.safe().hash).toBe(sequencer.engine.unsafe().hash);
    } finally {
      await rollup.close();
    }
  },
  120_000,
);
