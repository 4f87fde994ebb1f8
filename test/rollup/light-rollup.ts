import { Blockchain } from "@hyperion/chain";
import type { GenesisBlock } from "@hyperion/kernel";
import { Database } from "@hyperion/metisdb";
import {
  type AltDa,
  AltDaSource,
  Batcher,
  type BatcherOptions,
  BeaconBlobs,
  Deriver,
  L1Client,
  L2Engine,
  payloadAttributes,
  type RollupConfig,
  rollupChainConfig,
  TransactionSender,
} from "@hyperion/rollup";
import { bytesToHex, type Hex, hexToBytes, toHex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import type { AnvilProcess } from "./anvil-process.ts";

const L1_CHAIN_ID = 900;
const L2_CHAIN_ID = 901;
const ETHER = 10n ** 18n;
const GAS_LIMIT = 30_000_000n;
const EMPTY_TRIE = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
const NO_REQUESTS = "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const ISTHMUS_FEES = hexToBytes("0x00000000fa00000006");
/** With a minimum base fee of zero. */
const JOVIAN_FEES = hexToBytes("0x01000000fa000000060000000000000000");

export const batcherKey: PrivateKeyAccount = privateKeyToAccount(`0x${"0b".repeat(32)}`);
export const user: PrivateKeyAccount = privateKeyToAccount(`0x${"07".repeat(32)}`);

export interface LightNode {
  readonly chain: Blockchain;
  readonly engine: L2Engine;
  readonly deriver: Deriver;
}

/** A rollup on anvil without any contract: what batches, derivation and the Engine API need. */
export class LightRollup {
  readonly config: RollupConfig;
  readonly anvil: AnvilProcess;
  readonly l1: L1Client;
  readonly #genesis: GenesisBlock;
  readonly #open: Blockchain[] = [];
  #nonce = 0;

  private constructor(anvil: AnvilProcess, config: RollupConfig, genesis: GenesisBlock) {
    this.anvil = anvil;
    this.config = config;
    this.l1 = new L1Client({ urls: [anvil.url], blobs: new BeaconBlobs(anvil.url, { byNumber: true }), config });
    this.#genesis = genesis;
  }

  /** @param features beyond Isthmus */
  static async create(
    anvil: AnvilProcess,
    features: Pick<RollupConfig, "altDa" | "jovianTime"> = {},
  ): Promise<LightRollup> {
    await anvil.request("anvil_setBlockTimestampInterval", [12]);
    await anvil.request("anvil_setBalance", [batcherKey.address, toHex(1_000n * ETHER)]);
    const { hash, timestamp } = (await anvil.request("eth_getBlockByNumber", ["0x0", false])) as Record<string, Hex>;
    const l2Time = BigInt(timestamp!);
    const genesis = genesisBlock(l2Time, features);
    const config: RollupConfig = {
      genesis: {
        l1: { number: 0n, hash: hash! },
        l2: { number: 0n, hash: await genesisHash(genesis, features) },
        l2Time,
        systemConfig: {
          ...{ batcher: batcherKey.address.toLowerCase() as Hex, gasLimit: GAS_LIMIT },
          ...{ baseFeeScalar: 1_368, blobBaseFeeScalar: 810_949, eip1559Denominator: 250, eip1559Elasticity: 6 },
          ...{ operatorFeeScalar: 0, operatorFeeConstant: 0n, minBaseFee: 0n, daFootprintGasScalar: 0 },
        },
      },
      ...{ blockTime: 2n, maxSequencerDrift: 1_800n, sequencingWindow: 3_600n, channelTimeout: 50n },
      ...{ l1ChainId: BigInt(L1_CHAIN_ID), l2ChainId: BigInt(L2_CHAIN_ID) },
      batchInbox: "0xff00000000000000000000000000000000000901",
      portal: "0x0907000000000000000000000000000000000002",
      systemConfigAddress: "0x5c00000000000000000000000000000000000003",
      ...{ baseFeeDenominator: 250, elasticity: 6 },
      ...features,
    };
    return new LightRollup(anvil, config, genesis);
  }

  async node(altDa?: AltDa): Promise<LightNode> {
    const chain = await openChain(this.#genesis, this.config);
    this.#open.push(chain);
    const engine = new L2Engine(chain, this.config);
    const source = altDa ? new AltDaSource(this.l1, altDa) : this.l1;
    return { chain, engine, deriver: new Deriver(this.config, source, engine) };
  }

  /** Sends as the batcher. */
  sender(): TransactionSender {
    return new TransactionSender(this.l1.client, {
      ...{ account: batcherKey, chainId: L1_CHAIN_ID, patience: 30_000 },
      maxFeePerGas: 10n ** 12n,
    });
  }

  batcher({ engine, deriver }: LightNode, options: Partial<BatcherOptions> = {}): Batcher {
    const defaults = { batches: "span", compression: "brotli", data: "blobs", maxBlocks: 500 } as const;
    return new Batcher(this.config, engine, this.l1, deriver, this.sender(), { ...defaults, ...options });
  }

  /** Builds an unsafe block; its origin advances as soon as time allows. */
  async build({ engine }: LightNode, transfers: number): Promise<void> {
    const parent = engine.unsafe();
    const timestamp = parent.timestamp + this.config.blockTime;
    const next = await this.l1.block(parent.origin.number + 1n);
    const origin = next && next.timestamp <= timestamp ? next : (await this.l1.block(parent.origin.hash))!;
    const transactions = await Promise.all(Array.from({ length: transfers }, () => this.transfer()));
    const outcome = await engine.build(payloadAttributes(this.config, parent, timestamp, origin, transactions));
    if (!outcome.valid) throw new Error(outcome.reason);
  }

  async transfer(): Promise<Uint8Array> {
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
    const fields = { chainId: L2_CHAIN_ID, nonce: this.#nonce++, gas: 21_000n, to: batcherKey.address, value: 1n };
    return hexToBytes(await user.signTransaction({ type: "eip1559", ...fields, ...fees }));
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((chain) => chain.close()));
    await this.anvil.stop();
  }
}

type Features = Pick<RollupConfig, "jovianTime">;

const openChain = (genesis: GenesisBlock, { jovianTime }: Features): Promise<Blockchain> => {
  const config = rollupChainConfig({
    ...{ l2ChainId: BigInt(L2_CHAIN_ID), baseFeeDenominator: 250, elasticity: 6 },
    ...(jovianTime !== undefined && { jovianTime }),
  });
  return Blockchain.open({ config, genesis, database: Database.temporary() });
};

const genesisHash = async (genesis: GenesisBlock, features: Features): Promise<Hex> => {
  const chain = await openChain(genesis, features);
  const hash = bytesToHex(chain.genesis().hash);
  await chain.close();
  return hash;
};

const genesisBlock = (timestamp: bigint, { jovianTime }: Features): GenesisBlock => ({
  header: {
    ...{ parentHash: new Uint8Array(32), coinbase: new Uint8Array(20), difficulty: 0n, number: 0n },
    ...{
      gasLimit: GAS_LIMIT,
      gasUsed: 0n,
      timestamp,
      extraData: jovianTime === undefined ? ISTHMUS_FEES : JOVIAN_FEES,
    },
    ...{ mixHash: new Uint8Array(32), nonce: new Uint8Array(8), baseFeePerGas: 1_000_000n },
    ...{ withdrawalsRoot: hexToBytes(EMPTY_TRIE), blobGasUsed: 0n, excessBlobGas: 0n },
    ...{ parentBeaconBlockRoot: new Uint8Array(32), requestsHash: hexToBytes(NO_REQUESTS) },
  },
  alloc: [[hexToBytes(user.address), { balance: 1_000n * ETHER }]],
});
