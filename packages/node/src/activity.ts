import type { Block, ChainApi } from "@hyperion/chain";

const WINDOW_MS = 5_000;

/** What a status line shows. Rates are means over the last five seconds. */
export interface NodeStatus {
  readonly blockNumber: bigint;
  readonly pendingTransactions: number;
  /** Transactions in blocks since the start. */
  readonly transactions: number;
  readonly transactionsPerSecond: number;
  readonly gasPerSecond: number;
}

interface Sample {
  readonly at: number;
  readonly transactions: number;
  readonly gas: number;
}

/** Follows the chain's heads; the result describes the present moment. */
export const observeActivity = (chain: ChainApi): (() => NodeStatus) => {
  let transactions = 0;
  let recent: Sample[] = [];
  chain.on("newHead", (block: Block) => {
    transactions += block.transactionCount;
    recent.push({ at: performance.now(), transactions: block.transactionCount, gas: Number(block.header.gasUsed) });
    recent = within(recent);
  });
  return () => {
    recent = within(recent);
    const perSecond = (of: (sample: Sample) => number): number =>
      recent.reduce((sum, sample) => sum + of(sample), 0) / (WINDOW_MS / 1000);
    return {
      blockNumber: chain.head().header.number,
      pendingTransactions: chain.pool.status().pending,
      transactions,
      transactionsPerSecond: perSecond((sample) => sample.transactions),
      gasPerSecond: perSecond((sample) => sample.gas),
    };
  };
};

const within = (samples: Sample[]): Sample[] => {
  const oldest = performance.now() - WINDOW_MS;
  return samples.filter((sample) => sample.at >= oldest);
};
