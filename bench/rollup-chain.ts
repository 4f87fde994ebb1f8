import { Blockchain } from "@hyperion/chain";
import type { GenesisBlock } from "@hyperion/kernel";
import { Database } from "@hyperion/metisdb";
import {
  type BatchBlock,
  decodeBlob,
  encodeBlob,
  type L1Block,
  type L1Ref,
  type L1Source,
  type L2Engine,
  payloadAttributes,
  type RollupConfig,
  rollupChainConfig,
} from "@hyperion/rollup";
import { bytesToHex, type Hex, hexToBytes, keccak256, toHex } from "viem";
import type { Signer } from "./signer.ts";
import { balanceSlot, TOKEN, tokenCode } from "./token.ts";

export const ROLLUP_CHAIN_ID = 901;
const START = 1_700_000_000n;
const L1_BLOCK_TIME = 12n;
export const L2_BLOCK_TIME = 2n;
const GAS_LIMIT = 300_000_000n;
const ETHER = 10n ** 18n;
const INBOX: Hex = "0xff00000000000000000000000000000000000901";
const BATCHER: Hex = "0xba7c000000000000000000000000000000000001";
const EMPTY_TRIE = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
const NO_REQUESTS = "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** An L1 in memory: a block every twelve seconds; what the batcher posted comes in blobs. */
export class MemoryL1 implements L1Source {
  readonly #blocks: L1Block[] = [];
  readonly #blobs = new Map<Hex, readonly Uint8Array[]>();

  constructor() {
    this.mine([]);
  }

  mine(payloads: readonly Uint8Array[]): L1Block {
    const number = BigInt(this.#blocks.length);
    const hash = keccak256(toHex(`L1 ${number}`));
    const block: L1Block = {
      ...{ number, hash, parentHash: this.#blocks.at(-1)?.hash ?? `0x${"00".repeat(32)}` },
      ...{ timestamp: START + number * L1_BLOCK_TIME, baseFee: 10n ** 9n, blobBaseFee: 1n, logs: [] },
      ...{ mixHash: keccak256(hash), parentBeaconBlockRoot: keccak256(hash) },
    };
    this.#blocks.push(block);
    this.#blobs.set(hash, payloads.map(encodeBlob));
    return block;
  }

  at(number: bigint): L1Block | undefined {
    return this.#blocks[Number(number)];
  }

  async head(): Promise<L1Ref> {
    return this.#blocks.at(-1)!;
  }

  async finalized(): Promise<L1Ref | undefined> {
    return undefined;
  }

  async block(id: bigint | Hex): Promise<L1Block | undefined> {
    return typeof id === "bigint" ? this.at(id) : this.#blocks.find(({ hash }) => hash === id);
  }

  async payloads(block: L1Ref): Promise<readonly Uint8Array[]> {
    return (this.#blobs.get(block.hash) ?? []).map(decodeBlob);
  }
}

/** A rollup whose holders have ether and tokens. */
export class BenchRollup {
  readonly l1: MemoryL1 = new MemoryL1();
  readonly config: RollupConfig;
  readonly #genesis: GenesisBlock;

  private constructor(genesis: GenesisBlock, hash: Hex, l1: Hex) {
    this.#genesis = genesis;
    this.config = {
      genesis: {
        l1: { number: 0n, hash: l1 },
        l2: { number: 0n, hash },
        l2Time: START,
        systemConfig: {
          ...{ batcher: BATCHER, gasLimit: GAS_LIMIT, baseFeeScalar: 1_368, blobBaseFeeScalar: 810_949 },
          ...{ eip1559Denominator: 250, eip1559Elasticity: 6, operatorFeeScalar: 0, operatorFeeConstant: 0n },
          ...{ minBaseFee: 0n, daFootprintGasScalar: 0 },
        },
      },
      ...{ blockTime: L2_BLOCK_TIME, maxSequencerDrift: 1_800n, sequencingWindow: 3_600n, channelTimeout: 50n },
      ...{ l1ChainId: 900n, l2ChainId: BigInt(ROLLUP_CHAIN_ID), batchInbox: INBOX, portal: BATCHER },
      ...{ systemConfigAddress: BATCHER, baseFeeDenominator: 250, elasticity: 6 },
    };
  }

  static async create(holders: readonly Signer[]): Promise<BenchRollup> {
    const genesis = genesisBlock(holders);
    const chain = await openChain(genesis);
    const hash = bytesToHex(chain.genesis().hash);
    await chain.close();
    return new BenchRollup(genesis, hash, new MemoryL1().at(0n)!.hash);
  }

  open(): Promise<Blockchain> {
    return openChain(this.#genesis);
  }

  /** Builds a block on the head; its origin advances as soon as time allows. */
  async build(chain: Blockchain, engine: L2Engine, transactions: readonly Uint8Array[]): Promise<BatchBlock> {
    const parent = engine.unsafe();
    const timestamp = parent.timestamp + L2_BLOCK_TIME;
    while (this.l1.at(parent.origin.number + 1n) === undefined) this.l1.mine([]);
    const next = this.l1.at(parent.origin.number + 1n)!;
    const origin = next.timestamp <= timestamp ? next : this.l1.at(parent.origin.number)!;
    const outcome = await engine.build(payloadAttributes(this.config, parent, timestamp, origin, transactions));
    if (!outcome.valid) throw new Error(outcome.reason);
    const receipts = chain.receipts(hexToBytes(outcome.block.hash)) ?? [];
    if (receipts.some(({ receipt }) => receipt.status !== 1)) throw new Error("a transaction failed");
    const { number, hash, parentHash } = outcome.block;
    return { number, hash, parentHash, timestamp, epochNumber: origin.number, epochHash: origin.hash, transactions };
  }
}

const openChain = (genesis: GenesisBlock): Promise<Blockchain> => {
  const config = rollupChainConfig({ l2ChainId: BigInt(ROLLUP_CHAIN_ID), baseFeeDenominator: 250, elasticity: 6 });
  return Blockchain.open({ config, genesis, database: Database.temporary() });
};

const genesisBlock = (holders: readonly Signer[]): GenesisBlock => ({
  header: {
    ...{ parentHash: new Uint8Array(32), coinbase: new Uint8Array(20), difficulty: 0n, number: 0n },
    ...{ gasLimit: GAS_LIMIT, gasUsed: 0n, timestamp: START, extraData: hexToBytes("0x00000000fa00000006") },
    ...{ mixHash: new Uint8Array(32), nonce: new Uint8Array(8), baseFeePerGas: 1_000_000n },
    ...{ withdrawalsRoot: hexToBytes(EMPTY_TRIE), blobGasUsed: 0n, excessBlobGas: 0n },
    ...{ parentBeaconBlockRoot: new Uint8Array(32), requestsHash: hexToBytes(NO_REQUESTS) },
  },
  alloc: [
    ...holders.map(({ address }) => [hexToBytes(address), { balance: 1_000n * ETHER }] as const),
    [
      TOKEN,
      {
        code: tokenCode(),
        nonce: 1n,
        state: holders.map(
          ({ address }) => [balanceSlot(hexToBytes(address)), hexToBytes(toHex(10n ** 24n, { size: 32 }))] as const,
        ),
      },
    ],
  ],
});
