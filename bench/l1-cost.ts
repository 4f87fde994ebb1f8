import {
  type BatchBlock,
  buildChannel,
  type ChannelOptions,
  fullestChannel,
  MAX_BLOB_DATA,
  payloadAttributes,
} from "@hyperion/rollup";
import { opNodeDecoder, spanChannelSize } from "@hyperion/test/op-batcher";
import { bytesToHex, encodeFunctionData, erc20Abi, type Hex, hexToBytes, keccak256, parseAbi, toHex } from "viem";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { BenchRollup, L2_BLOCK_TIME, ROLLUP_CHAIN_ID } from "./rollup-chain.ts";
import { type Signer, signer } from "./signer.ts";

export const name = "l1-cost";
export const description = "bytes on L1 per transaction, and how full blobs are under load";

const GENESIS_TIME = 1_700_000_000n;
const CONTEXT = { chainId: BigInt(ROLLUP_CHAIN_ID), genesisTime: GENESIS_TIME, blockTime: L2_BLOCK_TIME };
const BLOCKS_PER_SLOT = 6;
const HOLDERS = 500;
/** Pools take transactions of up to 128 KiB. */
const CALLDATA_SIZE = 120_000;
/** An hour's tenth: 590 seconds of blocks without transactions, as measured for the proposal of span batches. */
const EMPTY_BLOCKS = 295;
/**
 * Bytes that an OP chain posted for them in single batches, and what span batches save: Test in Prod, "Span Batch",
 * linked from blog.oplabs.co/span-batches.
 */
const PUBLISHED_EMPTY = 12_735;
const PUBLISHED_SAVING = 0.97;

/** Transactions per second. */
const LOADS = [100, 400, 2_000] as const;
/** A little more than half a minute. */
const SUSTAINED_BLOCKS = 18;
/** The batcher's defaults: a look every six seconds, and no longer wait than half a minute. */
const BLOCKS_PER_LOOK = 3;
const MOST_WAIT = 30;

type Traffic = (holders: readonly Signer[], index: number) => Uint8Array;

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const perBlock = quick ? 400 : 4_000;
  const holders = Array.from({ length: HOLDERS }, (_, index) => signer(index));
  const decoder = await opNodeDecoder(false);
  if (decoder.path === undefined) log(`no op-batcher: ${decoder.reason}`);
  const rows: BenchRow[] = [];
  const forms: (readonly (string | number)[])[] = [];
  for (const [kind, traffic] of [
    ["ERC-20 transfer", transfer],
    ["swap", swap],
  ] as const) {
    log(`signing ${perBlock * BLOCKS_PER_SLOT} transactions: ${kind}`);
    const blocks = slot(holders, perBlock, traffic);
    const count = perBlock * BLOCKS_PER_SLOT;
    const bytes = (
      batches: ChannelOptions["batches"],
      compression: ChannelOptions["compression"],
      payloadSize: number,
    ) => total(buildChannel(blocks, 70n, CONTEXT, { batches, compression, payloadSize })) / count;
    const ours = bytes("span", "brotli", MAX_BLOB_DATA);
    const peer = decoder.path === undefined ? undefined : (await opBatcher(decoder.path, blocks)) / count;
    rows.push({
      workload: `${kind}, span batch in Brotli, blobs`,
      ours,
      unit: "bytes",
      ...(peer !== undefined && { peer, peerName: "op-batcher (Brotli 10)", ratio: peer / ours }),
    });
    forms.push([
      kind,
      ours,
      bytes("span", "zlib", MAX_BLOB_DATA),
      bytes("singular", "brotli", MAX_BLOB_DATA),
      bytes("singular", "zlib", MAX_BLOB_DATA),
      bytes("span", "brotli", CALLDATA_SIZE),
      total(blocks.flatMap(({ transactions }) => transactions)) / count,
    ]);
  }
  const loads = (quick ? LOADS.slice(0, 2) : LOADS).map((perSecond) => {
    log(`${SUSTAINED_BLOCKS} blocks at ${perSecond} transactions a second`);
    return underLoad(holders, perSecond);
  });
  const empty = emptyBlocks();
  const saving = 1 - empty.span / empty.singular;
  rows.push({
    workload: `${EMPTY_BLOCKS} empty blocks, single batches in zlib`,
    ours: empty.singular,
    peer: PUBLISHED_EMPTY,
    peerName: "published for an OP chain",
    unit: "bytes",
    ratio: PUBLISHED_EMPTY / empty.singular,
  });
  rows.push({ workload: "the same as a span batch in Brotli", ours: empty.span, unit: "bytes" });
  rows.push({
    workload: "saved by the span",
    ours: 100 * saving,
    peer: 100 * PUBLISHED_SAVING,
    peerName: "published: up to",
    unit: "%",
    ratio: saving / PUBLISHED_SAVING,
  });
  return {
    method: `One L1 slot of ${perBlock / Number(L2_BLOCK_TIME)} signed transactions per second from ${HOLDERS} accounts to random recipients with random amounts, in one channel with everything that goes to L1 but blob padding. op-batcher's channels are made by its own code over the same blocks (npm run soak -- op-node builds it).`,
    rows,
    summary: [
      {
        label: "blobs filled under load, of 95 %",
        ratio: Math.min(...loads.map(({ fill }) => fill)) / 0.95,
        target: 1,
      },
    ],
    tables: [
      {
        title: "Bytes per transaction",
        columns: ["what", "span, Brotli", "span, zlib", "single, Brotli", "single, zlib", "span in calldata", "signed"],
        rows: forms,
      },
      {
        title: "Blobs under load, ERC-20 transfers, as the batcher closes its channels",
        columns: ["transactions/s", "blobs", "filled, %", "longest wait for a blob to fill, s"],
        rows: loads.map(({ perSecond, blobs, fill, wait }) => [perSecond, blobs, `${(100 * fill).toFixed(1)}`, wait]),
      },
    ],
  };
}

const total = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0);

interface Load {
  readonly perSecond: number;
  readonly blobs: number;
  readonly fill: number;
  /** Seconds of L2 time. */
  readonly wait: number;
}

/** What a batcher with its defaults posts of a chain under steady load. What waits at the end is not counted. */
function underLoad(holders: readonly Signer[], perSecond: number): Load {
  const perBlock = perSecond * Number(L2_BLOCK_TIME);
  let waiting: BatchBlock[] = [];
  let [blobs, bytes, wait] = [0, 0, 0];
  for (let at = 0; at < SUSTAINED_BLOCKS; at++) {
    const transactions = Array.from({ length: perBlock }, (_, index) => transfer(holders, at * perBlock + index));
    waiting.push({ ...blockAt(at), transactions });
    if ((at + 1) % BLOCKS_PER_LOOK !== 0) continue;
    for (let channel = close(waiting); channel; channel = close(waiting)) {
      blobs += channel.payloads.length;
      bytes += total(channel.payloads);
      wait = Math.max(wait, waiting.length * Number(L2_BLOCK_TIME));
      waiting = waiting.slice(channel.count);
    }
  }
  return { perSecond, blobs, fill: bytes / (blobs * MAX_BLOB_DATA), wait };
}

function close(blocks: readonly BatchBlock[]): ReturnType<typeof fullestChannel> {
  if (blocks.length === 0) return undefined;
  const options = { batches: "span", compression: "brotli", payloadSize: MAX_BLOB_DATA } as const;
  return fullestChannel({
    weights: blocks.map(({ transactions }) => total(transactions)),
    payloadSize: MAX_BLOB_DATA,
    build: (count) => buildChannel(blocks.slice(0, count), 70n, CONTEXT, options),
    isDue: blocks.length * Number(L2_BLOCK_TIME) >= MOST_WAIT,
  });
}

function slot(holders: readonly Signer[], perBlock: number, traffic: Traffic): readonly BatchBlock[] {
  let index = 0;
  return Array.from({ length: BLOCKS_PER_SLOT }, (_, block) => ({
    ...blockAt(block),
    transactions: Array.from({ length: perBlock }, () => traffic(holders, index++)),
  }));
}

function emptyBlocks(): { readonly singular: number; readonly span: number } {
  const blocks = Array.from({ length: EMPTY_BLOCKS }, (_, block) => ({ ...blockAt(block), transactions: [] }));
  const size = (batches: ChannelOptions["batches"], compression: ChannelOptions["compression"]): number =>
    total(buildChannel(blocks, 70n, CONTEXT, { batches, compression, payloadSize: MAX_BLOB_DATA }));
  return { singular: size("singular", "zlib"), span: size("span", "brotli") };
}

function blockAt(index: number): Omit<BatchBlock, "transactions"> {
  const hash = (kind: string, number: number): Hex => keccak256(toHex(`${kind} ${number}`));
  const epoch = 70 + Math.floor(index / BLOCKS_PER_SLOT);
  return {
    ...{ number: BigInt(index + 1), hash: hash("L2", index + 1), parentHash: hash("L2", index) },
    ...{ timestamp: GENESIS_TIME + L2_BLOCK_TIME * BigInt(index + 1), epochNumber: BigInt(epoch) },
    epochHash: hash("L1", epoch),
  };
}

/** Deterministic, and as incompressible as what people send. */
const random = (seed: string): Hex => keccak256(toHex(seed));
const below = (seed: string, limit: bigint): bigint => BigInt(random(seed)) % limit;

const transfer: Traffic = (holders, index) => {
  const to: Hex = `0x${random(`recipient ${index % 5_000}`).slice(26)}`;
  const amount = below(`amount ${index}`, 10n ** 9n) * 10n ** (index % 3 === 0 ? 12n : 0n);
  return sign(
    holders,
    index,
    tokenAt(index),
    encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [to, amount] }),
  );
};

const ROUTER: Hex = `0x${random("router").slice(26)}`;
const ROUTER_ABI = parseAbi([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) parameters)",
]);

const swap: Traffic = (holders, index) => {
  const amountIn = below(`in ${index}`, 10n ** 21n);
  const data = encodeFunctionData({
    abi: ROUTER_ABI,
    functionName: "exactInputSingle",
    args: [
      {
        ...{ tokenIn: tokenAt(index), tokenOut: tokenAt(index + 1), fee: index % 4 === 0 ? 500 : 3_000 },
        ...{ recipient: holders[index % holders.length]!.address, amountIn, sqrtPriceLimitX96: 0n },
        amountOutMinimum: (amountIn * below(`price ${index}`, 10n ** 6n)) / 10n ** 6n,
      },
    ],
  });
  return sign(holders, index, ROUTER, data);
};

/** Few tokens have most of the traffic. */
const tokenAt = (index: number): Hex =>
  `0x${random(`token ${below(`choice ${index}`, 1n << BigInt(index % 5))}`).slice(26)}`;

function sign(holders: readonly Signer[], index: number, to: Hex, data: Hex): Uint8Array {
  const nonce = 10 * (index % holders.length) + Math.floor(index / holders.length);
  const gas = 40_000n + below(`gas ${index}`, 200n) * 500n;
  const maxPriorityFeePerGas = 10n ** 6n * (1n + below(`tip ${index}`, 4n));
  const maxFeePerGas = 10n ** 7n * (3n + below(`fee ${index}`, 50n));
  const fields = { chainId: ROLLUP_CHAIN_ID, nonce, gas, to, data, maxFeePerGas, maxPriorityFeePerGas };
  return hexToBytes(holders[index % holders.length]!.sign({ ...fields, type: "eip1559" }));
}

/** Bytes of the same blocks in op-batcher's channel, frames included. */
async function opBatcher(path: string, blocks: readonly BatchBlock[]): Promise<number> {
  const { config } = await BenchRollup.create([]);
  const { systemConfig } = config.genesis;
  const source = blocks.map(({ number, parentHash, timestamp, transactions, epochNumber, epochHash }, index) => {
    const before = BigInt(index % BLOCKS_PER_SLOT);
    const origin = {
      ...{ number: epochNumber, hash: epochHash, parentHash: epochHash, timestamp, baseFee: 1n, blobBaseFee: 1n },
      ...{ mixHash: epochHash, parentBeaconBlockRoot: epochHash, logs: [] },
    };
    const parent = {
      ...{ number: number - 1n, hash: parentHash, parentHash, timestamp: timestamp - L2_BLOCK_TIME, systemConfig },
      ...(before === 0n
        ? { origin: { number: epochNumber - 1n, hash: epochHash }, sequenceNumber: 0n }
        : { origin, sequenceNumber: before - 1n }),
    };
    const attributes = payloadAttributes(config, parent, timestamp, origin, transactions);
    return { number, parentHash, timestamp, transactions: attributes.transactions.map((raw) => bytesToHex(raw)) };
  });
  return spanChannelSize(path, source, CONTEXT);
}
