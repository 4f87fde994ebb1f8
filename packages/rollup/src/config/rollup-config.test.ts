import { expect, test } from "vitest";
import { formatRollupConfig, parseRollupConfig, RollupConfigError } from "./rollup-config.ts";

const forks = ["regolith", "canyon", "delta", "ecotone", "fjord", "granite", "holocene", "isthmus"];
const document = {
  genesis: {
    l1: { hash: `0x${"0a".repeat(32)}`, number: 12 },
    l2: { hash: `0x${"0B".repeat(32)}`, number: 0 },
    l2_time: 1_700_000_000,
    system_config: {
      batcherAddr: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
      overhead: `0x${"00".repeat(32)}`,
      scalar: `0x01${"00".repeat(23)}000c5fc500000558`,
      gasLimit: 60_000_000,
      eip1559Params: "0x000000fa00000006",
      operatorFeeParams: `0x${"00".repeat(20)}000001f40000000000000007`,
    },
  },
  block_time: 2,
  max_sequencer_drift: 600,
  seq_window_size: 3_600,
  channel_timeout: 300,
  l1_chain_id: 900,
  l2_chain_id: 901,
  ...Object.fromEntries(forks.map((fork) => [`${fork}_time`, 0])),
  batch_inbox_address: "0xff00000000000000000000000000000000000901",
  deposit_contract_address: "0x1111111111111111111111111111111111111111",
  l1_system_config_address: "0x2222222222222222222222222222222222222222",
  chain_op_config: { eip1559Elasticity: 6, eip1559Denominator: 50, eip1559DenominatorCanyon: 250 },
};

test("op-node's rollup.json is read, and written back", () => {
  const config = parseRollupConfig(document);
  expect(config).toMatchObject({
    genesis: {
      l1: { number: 12n },
      l2: { hash: `0x${"0b".repeat(32)}` },
      systemConfig: {
        batcher: "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
        baseFeeScalar: 1_368,
        blobBaseFeeScalar: 810_949,
        eip1559Denominator: 250,
        eip1559Elasticity: 6,
        operatorFeeScalar: 500,
        operatorFeeConstant: 7n,
      },
    },
    blockTime: 2n,
    sequencingWindow: 3_600n,
    // Constants since Fjord and Granite, whatever the file says.
    maxSequencerDrift: 1_800n,
    channelTimeout: 50n,
    baseFeeDenominator: 250,
  });
  const written = formatRollupConfig({ ...config, jovianTime: 5n });
  expect(parseRollupConfig(JSON.parse(JSON.stringify(written)))).toEqual({ ...config, jovianTime: 5n });
});

test.each([
  ["isthmus_time", { isthmus_time: undefined }],
  ["isthmus_time", { isthmus_time: 1_800_000_000 }],
  ["block_time", { block_time: 0 }],
  ["block_time", { block_time: 1.5 }],
  ["batch_inbox_address", { batch_inbox_address: "0x12" }],
  ["chain_op_config", { chain_op_config: { eip1559Elasticity: 0, eip1559Denominator: 1 } }],
  ["genesis", { genesis: undefined }],
])("a bad %s is named", (path, change) => {
  const parse = (): unknown => parseRollupConfig({ ...document, ...change });
  expect(parse).toThrow(RollupConfigError);
  expect(parse).toThrow(expect.objectContaining({ path }));
});
