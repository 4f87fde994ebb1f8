import type { Block, ChainApi } from "@hyperion/chain";
import type { ChainConfig, Header } from "@hyperion/kernel";
import { blobParametersAt } from "./fork-schedule.ts";
import { effectiveGasPrice } from "./format/transaction.ts";

const MIN_BLOB_BASE_FEE = 1n;
const GAS_PER_BLOB = 131_072n;

/** EIP-4844 `fake_exponential`. */
const fakeExponential = (factor: bigint, numerator: bigint, denominator: bigint): bigint => {
  let sum = 0n;
  let term = factor * denominator;
  for (let i = 1n; term > 0n; i++) {
    sum += term;
    term = (term * numerator) / (denominator * i);
  }
  return sum / denominator;
};

/** Price of blob gas in a block; `undefined` before Cancun. */
export const blobBaseFee = (config: ChainConfig, header: Header): bigint | undefined => {
  const parameters = blobParametersAt(config, header.timestamp);
  if (header.excessBlobGas === undefined || !parameters) return undefined;
  return fakeExponential(MIN_BLOB_BASE_FEE, header.excessBlobGas, parameters.baseFeeUpdateFraction);
};

/** Most blob gas a block may use. */
export const maxBlobGas = (config: ChainConfig, timestamp: bigint): bigint =>
  BigInt(blobParametersAt(config, timestamp)?.max ?? 0) * GAS_PER_BLOB;

const TIP_SAMPLE_BLOCKS = 20;
const TIPS_PER_BLOCK = 3;
const TIP_PERCENTILE = 60;
/** Suggested when recent blocks give no hint: 0.001 gwei. */
const DEFAULT_TIP = 1_000_000n;
/** Tips above this (500 gwei) come from mistakes. */
const MAX_TIP = 500_000_000_000n;

/** The lowest effective tips paid in a block, at most three. */
const lowestTips = ({ header, transactions }: Block): bigint[] => {
  const base = header.baseFeePerGas ?? 0n;
  const tips = transactions.map((transaction) => effectiveGasPrice(transaction, base) - base);
  return tips
    .filter((tip) => tip > 0n)
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .slice(0, TIPS_PER_BLOCK);
};

const suggestions = new WeakMap<Block, bigint>();

/** eth_maxPriorityFeePerGas: the 60th percentile of the lowest tips in the last twenty blocks. */
export const suggestTip = (chain: ChainApi): bigint => {
  const head = chain.head();
  const known = suggestions.get(head);
  if (known !== undefined) return known;
  const tips: bigint[] = [];
  for (let number = head.header.number, i = 0; i < TIP_SAMPLE_BLOCKS && number > 0n; i++, number--) {
    const block = chain.block(number);
    if (block) tips.push(...lowestTips(block));
  }
  tips.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const tip = tips[Math.floor(((tips.length - 1) * TIP_PERCENTILE) / 100)] ?? DEFAULT_TIP;
  const bounded = tip > MAX_TIP ? MAX_TIP : tip;
  suggestions.set(head, bounded);
  return bounded;
};
