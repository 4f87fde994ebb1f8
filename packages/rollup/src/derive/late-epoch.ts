import type { RollupConfig } from "../config/rollup-config.ts";

/** Share of the sequencing window that a batch may need until L1 has it. */
const SHARE = 8n;
const LEAST = 2n;

/**
 * Whether batches of that epoch may be on L1 only after the sequencing window has passed. What is lost then are its
 * transactions, not the chain: its blocks follow from L1 alone.
 *
 * @param head newest L1 block
 */
export const isLate = (epoch: bigint, head: bigint, { sequencingWindow }: RollupConfig): boolean => {
  const reserve = sequencingWindow / SHARE > LEAST ? sequencingWindow / SHARE : LEAST;
  return epoch + sequencingWindow <= head + reserve;
};
