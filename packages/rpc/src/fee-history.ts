import type { Block, BlockRef, ChainApi } from "@hyperion/chain";
import type { Header } from "@hyperion/kernel";
import { blockNumberOf, nextHeader } from "./block-lookup.ts";
import { invalidParams, serverError } from "./errors.ts";
import { blobBaseFee, maxBlobGas } from "./fees.ts";
import type { Json } from "./format/json.ts";
import { effectiveGasPrice } from "./format/transaction.ts";
import { quantity } from "./hex.ts";

const MAX_BLOCKS = 1024n;
const MAX_PERCENTILES = 100;

const checkPercentiles = (percentiles: readonly number[]): void => {
  if (percentiles.length > MAX_PERCENTILES) throw invalidParams(`over the query limit ${MAX_PERCENTILES}`);
  for (const [i, percentile] of percentiles.entries()) {
    if (percentile < 0 || percentile > 100) throw invalidParams(`invalid reward percentile: ${percentile}`);
    const previous = percentiles[i - 1];
    if (previous !== undefined && percentile <= previous) {
      throw invalidParams(`invalid reward percentile: #${i - 1}:${previous} >= #${i}:${percentile}`);
    }
  }
};

/** Tips at which the given shares of a block's gas had been bought, cheapest first. */
const rewards = (chain: ChainApi, block: Block, percentiles: readonly number[]): string[] => {
  const base = block.header.baseFeePerGas ?? 0n;
  const paid = (chain.receipts(block.hash) ?? []).map(({ receipt, transaction }) => ({
    gas: receipt.gasUsed,
    tip: effectiveGasPrice(transaction, base) - base,
  }));
  paid.sort((a, b) => (a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0));
  let position = 0;
  let sum = paid[0]?.gas ?? 0n;
  return percentiles.map((percentile) => {
    const threshold = BigInt(Math.floor((Number(block.header.gasUsed) * percentile) / 100));
    while (sum < threshold && position < paid.length - 1) sum += paid[++position]?.gas ?? 0n;
    return quantity(paid[position]?.tip ?? 0n);
  });
};

/** The price that follows from a parent without one is zero, as other clients derive it. */
const blobFeeOf = ({ config }: ChainApi, header: Header, parent: Header | undefined): bigint =>
  parent && parent.excessBlobGas === undefined ? 0n : (blobBaseFee(config, header) ?? 0n);

const ratio = (used: bigint, limit: bigint): number => (limit === 0n ? 0 : Number(used) / Number(limit));

/** eth_feeHistory. `newest` may be any tag; at most 1024 blocks are answered. */
export const feeHistory = (
  chain: ChainApi,
  count: bigint,
  newest: BlockRef,
  percentiles: readonly number[] | undefined,
): Json => {
  const head = chain.head().header.number;
  const last = newest === "pending" ? head : blockNumberOf(chain, newest);
  if (last > head) throw serverError(`request beyond head block: requested ${last}, head ${head}`);
  checkPercentiles(percentiles ?? []);
  const bounded = count > MAX_BLOCKS ? MAX_BLOCKS : count;
  const size = bounded > last + 1n ? last + 1n : bounded;
  if (size === 0n) return { oldestBlock: "0x0", gasUsedRatio: [] };
  const oldest = last + 1n - size;
  const blocks: Block[] = [];
  for (let number = oldest; number <= last; number++) {
    const block = chain.block(number);
    if (!block) throw serverError("header not found");
    blocks.push(block);
  }
  const next = last === head ? nextHeader(chain) : chain.header(last + 1n);
  const headers = [...blocks.map(({ header }) => header), ...(next ? [next] : [])];
  return {
    oldestBlock: quantity(oldest),
    ...(percentiles && percentiles.length > 0
      ? { reward: blocks.map((block) => rewards(chain, block, percentiles)) }
      : {}),
    baseFeePerGas: headers.map(({ baseFeePerGas }) => quantity(baseFeePerGas ?? 0n)),
    gasUsedRatio: blocks.map(({ header }) => ratio(header.gasUsed, header.gasLimit)),
    baseFeePerBlobGas: headers.map((header, i) =>
      quantity(blobFeeOf(chain, header, blocks[i] ? undefined : headers[i - 1])),
    ),
    blobGasUsedRatio: blocks.map(({ header }) =>
      ratio(header.blobGasUsed ?? 0n, maxBlobGas(chain.config, header.timestamp)),
    ),
  };
};
