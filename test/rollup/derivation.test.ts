import { Blockchain } from "@hyperion/chain";
import { type ChainConfig, presetConfig } from "@hyperion/kernel";
import { Database } from "@hyperion/metisdb";
import {
  Batcher,
  type BatcherOptions,
  BeaconBlobs,
  createL2Genesis,
  Deriver,
  L1Client,
  L2Engine,
  type L2Genesis,
  payloadAttributes,
  type RollupConfig,
  TransactionSender,
} from "@hyperion/rollup";
import { type Address, encodeAbiParameters, type Hex, hexToBytes, numberToHex, pad, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnvilProcess, anvilBinary, startAnvil } from "./anvil-process.ts";

const L1_CHAIN_ID = 900n;
const L2_CHAIN_ID = 901n;
const ETHER = 10n ** 18n;
const PORTAL: Address = "0x0907000000000000000000000000000000000002";
const SYSTEM_CONFIG: Address = "0x5c00000000000000000000000000000000000003";
const INBOX: Address = "0xff00000000000000000000000000000000000901";
const L1_DEAD: Address = "0x000000000000000000000000000000000000dead";
/** Emits a log with four topics and the data after them, all from its input: any event that a test asks for. */
const EMIT: Hex = "0x6060356040356020355f35608036038060805f375fa400";
const DEPOSITED: Hex = "0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32";

const batcherKey = privateKeyToAccount(`0x${"0b".repeat(32)}`);
const user = privateKeyToAccount(`0x${"07".repeat(32)}`);
const binary = anvilBinary();

describe.skipIf(binary === undefined)("a verifier with nothing but an L1", () => {
  const open: Blockchain[] = [];
  let anvil: AnvilProcess;
  let genesis: L2Genesis;
  let config: RollupConfig;
  let l1: L1Client;

  beforeAll(async () => {
    const flags = ["--chain-id", `${L1_CHAIN_ID}`, "--hardfork", "prague", "--accounts", "0"];
    anvil = await startAnvil(binary!, flags);
    await anvil.request("anvil_setBlockTimestampInterval", [12]);
    await anvil.request("anvil_setBalance", [batcherKey.address, toHex(100n * ETHER)]);
    await anvil.request("anvil_setCode", [PORTAL, EMIT]);
    const first = (await anvil.request("eth_getBlockByNumber", ["latest", false])) as Record<string, Hex>;
    genesis = await createL2Genesis(l2Options(BigInt(first.timestamp!)));
    config = rollupConfig(genesis, first);
    l1 = new L1Client({ urls: [anvil.url], blobs: new BeaconBlobs(anvil.url, { byNumber: true }), config });
  });

  afterAll(async () => {
    await Promise.all(open.map((chain) => chain.close()));
    await anvil.stop();
  });

  async function node(): Promise<{ chain: Blockchain; engine: L2Engine; deriver: Deriver }> {
    const chainConfig: ChainConfig = {
      ...presetConfig("Prague", L2_CHAIN_ID)!,
      rollup: { baseFeeDenominator: 250, elasticity: 6 },
    };
    const chain = await Blockchain.open({
      config: chainConfig,
      genesis: genesis.block,
      database: Database.temporary(),
    });
    open.push(chain);
    const engine = new L2Engine(chain, config);
    return { chain, engine, deriver: new Deriver(config, l1, engine) };
  }

  function batcher({ engine, deriver }: Awaited<ReturnType<typeof node>>, options: Partial<BatcherOptions>): Batcher {
    const sender = new TransactionSender(l1.client, {
      account: batcherKey,
      url: anvil.url,
      chainId: Number(L1_CHAIN_ID),
      patience: 10_000,
      maxFeePerGas: 10n ** 12n,
    });
    const defaults = { batches: "span", compression: "brotli", data: "blobs", maxBlocks: 100 } as const;
    return new Batcher(config, engine, l1, deriver, sender, { ...defaults, ...options });
  }

  /** Builds unsafe blocks with transfers on as many L1 origins as time allows. */
  async function sequence(engine: L2Engine, count: number, transfers: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const parent = engine.unsafe();
      const timestamp = parent.timestamp + config.blockTime;
      const next = await l1.block(parent.origin.number + 1n);
      const origin = next && next.timestamp <= timestamp ? next : (await l1.block(parent.origin.hash))!;
      const raws = await Promise.all(Array.from({ length: transfers }, transfer));
      const outcome = await engine.build(
        payloadAttributes(
          config,
          parent,
          timestamp,
          origin,
          raws.map((raw) => hexToBytes(raw)),
        ),
      );
      expect(outcome).toMatchObject({ valid: true });
    }
  }

  let nonce = 0;
  function transfer(): Promise<Hex> {
    const fees = { maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 1n };
    const fields = { chainId: Number(L2_CHAIN_ID), nonce: nonce++, gas: 21_000n, to: L1_DEAD, value: 1n };
    return user.signTransaction({ type: "eip1559", ...fields, ...fees });
  }

  /** The portal's event: mint and value are the same. */
  async function deposit(to: Address, wei: bigint): Promise<void> {
    const opaque = numberToHex((wei << 328n) | (wei << 72n) | (100_000n << 8n), { size: 73 });
    const data = encodeAbiParameters([{ type: "bytes" }], [opaque]).slice(2);
    const topics = [DEPOSITED, pad(L1_DEAD), pad(to), pad("0x00")].map((topic) => topic.slice(2)).join("");
    await anvil.request("anvil_impersonateAccount", [L1_DEAD]);
    await anvil.request("anvil_setBalance", [L1_DEAD, toHex(ETHER)]);
    await anvil.request("eth_sendTransaction", [{ from: L1_DEAD, to: PORTAL, data: `0x${topics}${data}` }]);
  }

  test("derives what the sequencer built, from blobs and calldata, spans and single batches", async () => {
    const sequencer = await node();
    const kinds: Partial<BatcherOptions>[] = [
      { data: "blobs" },
      { data: "calldata", compression: "zlib" },
      { data: "blobs", batches: "singular", compression: "zlib" },
      { data: "auto", batches: "singular" },
    ];
    for (const [round, options] of kinds.entries()) {
      await deposit("0x00000000000000000000000000000000000000dd", 5n);
      await sequencer.deriver.catchUp();
      await sequence(sequencer.engine, 12, round + 1);
      const poster = batcher(sequencer, options);
      while ((await poster.post()) === 0) await sequencer.deriver.catchUp();
      await sequencer.deriver.catchUp();
    }
    const head = sequencer.engine.unsafe();
    expect(head.number).toBe(48n);
    expect(sequencer.engine.safe().hash).toBe(head.hash);
    const verifier = await node();
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().hash).toBe(head.hash);
    const account = await verifier.chain.account("latest", hexToBytes("0x00000000000000000000000000000000000000dd"));
    expect(account?.balance).toBeGreaterThan(0n);
  });

  test("posts again what an L1 reorg took away", async () => {
    const sequencer = await node();
    await sequencer.deriver.catchUp();
    const before = sequencer.engine.safe().number;
    const poster = batcher(sequencer, {});
    await sequence(sequencer.engine, 10, 1);
    while ((await poster.post()) === 0) await sequencer.deriver.catchUp();
    await sequencer.deriver.catchUp();
    expect(sequencer.engine.safe().number).toBe(before + 10n);
    await anvil.request("anvil_rollback", [1]);
    await anvil.request("anvil_dropAllTransactions");
    await anvil.request("evm_mine");
    await anvil.request("evm_mine");
    await sequencer.deriver.catchUp();
    expect(sequencer.engine.safe().number).toBe(before);
    expect(await poster.post()).toBe(10);
    await sequencer.deriver.catchUp();
    expect(sequencer.engine.safe().hash).toBe(sequencer.engine.unsafe().hash);
    const verifier = await node();
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().hash).toBe(sequencer.engine.safe().hash);
  });
});

function l2Options(timestamp: bigint): Parameters<typeof createL2Genesis>[0] {
  const vault = { recipient: L1_DEAD, minimum: ETHER, network: "l1" } as const;
  return {
    chainId: Number(L2_CHAIN_ID),
    timestamp,
    gasLimit: 30_000_000n,
    baseFee: 1_000_000n,
    eip1559: { denominator: 250, elasticity: 6 },
    jovian: false,
    l1: { chainId: Number(L1_CHAIN_ID), crossDomainMessenger: L1_DEAD, standardBridge: L1_DEAD, erc721Bridge: L1_DEAD },
    proxyAdminOwner: L1_DEAD,
    feeVaults: { sequencer: vault, baseFee: vault, l1Fee: vault, operatorFee: vault },
    funded: [{ address: user.address, wei: 1_000n * ETHER }],
  };
}

function rollupConfig(genesis: L2Genesis, first: Record<string, Hex>): RollupConfig {
  return {
    genesis: {
      l1: { number: BigInt(first.number!), hash: first.hash! },
      l2: { number: 0n, hash: genesis.hash },
      l2Time: genesis.block.header.timestamp,
      systemConfig: {
        ...{ batcher: batcherKey.address.toLowerCase() as Address, gasLimit: 30_000_000n },
        ...{ baseFeeScalar: 1_368, blobBaseFeeScalar: 810_949, eip1559Denominator: 250, eip1559Elasticity: 6 },
        ...{ operatorFeeScalar: 0, operatorFeeConstant: 0n, minBaseFee: 0n, daFootprintGasScalar: 0 },
      },
    },
    ...{ blockTime: 2n, maxSequencerDrift: 1_800n, sequencingWindow: 3_600n, channelTimeout: 50n },
    ...{ l1ChainId: L1_CHAIN_ID, l2ChainId: L2_CHAIN_ID, batchInbox: INBOX, portal: PORTAL },
    ...{ systemConfigAddress: SYSTEM_CONFIG, baseFeeDenominator: 250, elasticity: 6 },
  };
}
