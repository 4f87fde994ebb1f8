import { Blockchain } from "@hyperion/chain";
import type { GenesisBlock } from "@hyperion/kernel";
import { Database } from "@hyperion/metisdb";
import { type Address, bytesToHex, encodeAbiParameters, type Hex, hexToBytes, keccak256, numberToHex, pad } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { rollupChainConfig } from "../config/chain-config.ts";
import type { RollupConfig } from "../config/rollup-config.ts";
import { Deriver } from "../derive/deriver.ts";
import type { L2Block } from "../derive/l2-block.ts";
import { L2Engine } from "../derive/l2-engine.ts";
import { payloadAttributes } from "../derive/payload-attributes.ts";
import type { L1Log } from "../formats/l1-block.ts";
import type { TestBlock } from "./independent-encoder.ts";
import { SimulatedL1 } from "./simulated-l1.ts";

export const CHAIN_ID = 901n;
export const BATCHER: Address = "0xba7c000000000000000000000000000000000001";
export const PORTAL: Address = "0x0907000000000000000000000000000000000002";
export const SYSTEM_CONFIG: Address = "0x5c00000000000000000000000000000000000003";
export const user: PrivateKeyAccount = privateKeyToAccount(`0x${"07".repeat(32)}`);
const ETHER = 10n ** 18n;
const EMPTY_ROOT = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
const NO_REQUESTS = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const START = 1_700_000_000n;

const genesisBlock: GenesisBlock = {
  header: {
    parentHash: new Uint8Array(32),
    coinbase: new Uint8Array(20),
    difficulty: 0n,
    number: 0n,
    gasLimit: 30_000_000n,
    gasUsed: 0n,
    timestamp: START,
    extraData: hexToBytes("0x00000000fa00000006"),
    mixHash: new Uint8Array(32),
    nonce: new Uint8Array(8),
    baseFeePerGas: 1_000_000n,
    withdrawalsRoot: Buffer.from(EMPTY_ROOT, "hex"),
    blobGasUsed: 0n,
    excessBlobGas: 0n,
    parentBeaconBlockRoot: new Uint8Array(32),
    requestsHash: Buffer.from(NO_REQUESTS, "hex"),
  },
  alloc: [[hexToBytes(user.address), { balance: 1000n * ETHER }]],
};

/** An L1 in memory and chains that follow it. */
export class TestRollup {
  readonly l1: SimulatedL1 = new SimulatedL1(START);
  readonly config: RollupConfig;
  readonly #chains: Blockchain[] = [];

  private constructor(genesis: Hex, sequencingWindow: bigint) {
    const { number, hash } = this.l1.latest;
    this.config = {
      genesis: {
        l1: { number, hash },
        l2: { number: 0n, hash: genesis },
        l2Time: START,
        systemConfig: {
          ...{ batcher: BATCHER, gasLimit: 30_000_000n, baseFeeScalar: 1_368, blobBaseFeeScalar: 810_949 },
          ...{ eip1559Denominator: 250, eip1559Elasticity: 6, operatorFeeScalar: 0, operatorFeeConstant: 0n },
          ...{ minBaseFee: 0n, daFootprintGasScalar: 0 },
        },
      },
      ...{ blockTime: 2n, maxSequencerDrift: 60n, sequencingWindow, channelTimeout: 10n, l1ChainId: 900n },
      ...{ l2ChainId: CHAIN_ID, batchInbox: "0xff00000000000000000000000000000000000901", portal: PORTAL },
      ...{ systemConfigAddress: SYSTEM_CONFIG, baseFeeDenominator: 250, elasticity: 6 },
    };
  }

  static async create(sequencingWindow = 20n): Promise<TestRollup> {
    const chain = await openChain();
    const rollup = new TestRollup(bytesToHex(chain.genesis().hash), sequencingWindow);
    rollup.#chains.push(chain);
    return rollup;
  }

  /** A node that has nothing but L1. */
  async verifier(): Promise<TestVerifier> {
    const chain = await openChain();
    this.#chains.push(chain);
    const engine = new L2Engine(chain, this.config);
    return { chain, engine, deriver: new Deriver(this.config, this.l1, engine) };
  }

  async sequencer(): Promise<TestSequencer> {
    const chain = await openChain();
    this.#chains.push(chain);
    return new TestSequencer(new L2Engine(chain, this.config), chain, this);
  }

  async close(): Promise<void> {
    await Promise.all(this.#chains.map((chain) => chain.close()));
  }
}

export interface TestVerifier {
  readonly chain: Blockchain;
  readonly engine: L2Engine;
  readonly deriver: Deriver;
}

/** Makes unsafe blocks, and remembers what a batcher has to post. */
export class TestSequencer {
  readonly engine: L2Engine;
  readonly chain: Blockchain;
  readonly #rollup: TestRollup;
  #nonce = 0;

  constructor(engine: L2Engine, chain: Blockchain, rollup: TestRollup) {
    this.engine = engine;
    this.chain = chain;
    this.#rollup = rollup;
  }

  /** Builds a block with that many transfers; the origin advances as soon as time allows. */
  async build(transfers = 1): Promise<TestBlock & { readonly parent: L2Block; readonly block: L2Block }> {
    const { l1, config } = this.#rollup;
    const parent = this.engine.unsafe();
    const timestamp = parent.timestamp + config.blockTime;
    const next = l1.at(parent.origin.number + 1n);
    const origin = next && next.timestamp <= timestamp ? next : l1.at(parent.origin.number)!;
    const transactions = await Promise.all(Array.from({ length: transfers }, () => this.transfer()));
    const raws = transactions.map((raw) => hexToBytes(raw));
    const outcome = await this.engine.build(payloadAttributes(config, parent, timestamp, origin, raws));
    if (!outcome.valid) throw new Error(outcome.reason);
    return {
      timestamp,
      epochNumber: origin.number,
      epochHash: origin.hash,
      transactions,
      parent,
      block: outcome.block,
    };
  }

  transfer(nonce: number = this.#nonce++): Promise<Hex> {
    return user.signTransaction({
      type: "eip1559",
      chainId: Number(CHAIN_ID),
      nonce,
      gas: 21_000n,
      to: "0x00000000000000000000000000000000000000aa",
      value: 1n,
      maxFeePerGas: 10n ** 9n,
      maxPriorityFeePerGas: 1n,
    });
  }
}

function openChain(): Promise<Blockchain> {
  const config = rollupChainConfig({ l2ChainId: CHAIN_ID, baseFeeDenominator: 250, elasticity: 6 });
  return Blockchain.open({ config, genesis: genesisBlock, database: Database.temporary() });
}

/** The portal's event for a deposit that mints and sends the same. */
export function depositEvent(to: Address, wei: bigint): Omit<L1Log, "index"> {
  const opaque = numberToHex((wei << 328n) | (wei << 72n) | (100_000n << 8n), { size: 73 });
  return {
    address: PORTAL,
    topics: [
      keccak256(Buffer.from("TransactionDeposited(address,address,uint256,bytes)")),
      pad("0xde9051"),
      pad(to),
      pad("0x00"),
    ],
    data: hexToBytes(encodeAbiParameters([{ type: "bytes" }], [opaque])),
  };
}
