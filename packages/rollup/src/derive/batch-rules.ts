import type { RollupConfig } from "../config/rollup-config.ts";
import type { SingularBatch } from "../formats/batch.ts";
import type { L1Ref } from "../formats/l1-block.ts";
import type { SpanBatch } from "../formats/span-batch.ts";
import type { L2Block } from "./l2-block.ts";

/**
 * `accept`: build the block. `past`: skip it, what follows may fit. `drop`: it is wrong, and so is the rest of its channel
 * (Holocene). Nothing is ever put off: blocks come in order.
 */
export type Verdict = "accept" | "past" | "drop";

/** What a batch is checked against. */
export interface BatchPlace {
  /** The last safe block. */
  readonly parent: L2Block;
  /** L1 blocks from the parent's origin (or the one after it) up to where the batch was included, in order. */
  readonly origins: readonly L1Ref[];
  /** The L1 block that completed the batch's channel. */
  readonly inclusion: L1Ref;
}

const DEPOSIT_TYPE = 0x7e;

/** The rules of the batch queue for one block, in the order of the specification. */
export const checkSingularBatch = (batch: SingularBatch, place: BatchPlace, config: RollupConfig): Verdict => {
  const { parent, origins, inclusion } = place;
  const next = parent.timestamp + config.blockTime;
  if (batch.timestamp < next) return "past";
  if (batch.timestamp > next || batch.parentHash !== parent.hash) return "drop";
  if (batch.epochNumber + config.sequencingWindow < inclusion.number) return "drop";
  const origin = originOf(batch, origins, parent);
  if (!origin || origin.hash !== batch.epochHash || batch.timestamp < origin.timestamp) return "drop";
  if (batch.timestamp > origin.timestamp + config.maxSequencerDrift && !isDriftAllowed(batch, origins)) return "drop";
  const isForbidden = (raw: Uint8Array): boolean => raw.length === 0 || raw[0] === DEPOSIT_TYPE;
  return batch.transactions.some(isForbidden) ? "drop" : "accept";
};

/** The epoch stays, or advances by one. */
const originOf = ({ epochNumber }: SingularBatch, origins: readonly L1Ref[], parent: L2Block): L1Ref | undefined =>
  epochNumber <= parent.origin.number + 1n
    ? origins.slice(0, 2).find(({ number }) => number === epochNumber)
    : undefined;

/**
 * Beyond the drift only empty blocks are allowed, and those that keep their epoch only while the next one's time is still
 * ahead of them.
 */
const isDriftAllowed = (batch: SingularBatch, [epoch, next]: readonly L1Ref[]): boolean => {
  if (batch.transactions.length > 0) return false;
  if (epoch?.number !== batch.epochNumber) return true;
  return next !== undefined && batch.timestamp < next.timestamp;
};

/**
 * The rules for a span as a whole: whether it belongs here. Its blocks are then checked one by one.
 *
 * @param safeBlock of the safe chain by its number
 */
export const checkSpanBatch = (
  batch: SpanBatch,
  place: BatchPlace,
  config: RollupConfig,
  safeBlock: (number: bigint) => L2Block | undefined,
): Verdict => {
  const { parent, origins, inclusion } = place;
  const next = parent.timestamp + config.blockTime;
  const [first, last] = [batch.blocks[0]!, batch.blocks.at(-1)!];
  if (first.timestamp > next) return "drop";
  if (last.timestamp < next) return "past";
  const before = blockBefore(first.timestamp, parent, config, safeBlock);
  if (!before?.hash.startsWith(batch.parentCheck)) return "drop";
  if (first.epochNumber + config.sequencingWindow < inclusion.number) return "drop";
  if (first.epochNumber > before.origin.number + 1n || first.epochNumber < before.origin.number) return "drop";
  const end = origins.find(({ number }) => number === last.epochNumber);
  return end?.hash.startsWith(batch.originCheck) ? "accept" : "drop";
};

/** The block before the span's first, which may lie in the safe chain; none when the times do not match. */
const blockBefore = (
  start: bigint,
  parent: L2Block,
  config: RollupConfig,
  safeBlock: (number: bigint) => L2Block | undefined,
): L2Block | undefined => {
  const distance = parent.timestamp + config.blockTime - start;
  if (distance === 0n) return parent;
  if (distance % config.blockTime !== 0n || distance / config.blockTime > parent.number) return undefined;
  return safeBlock(parent.number - distance / config.blockTime);
};

/** The span's blocks that are not safe yet. The hash of each parent is known only when its turn comes. */
export function* spanCandidates(
  batch: SpanBatch,
  { parent, origins }: BatchPlace,
): Generator<Omit<SingularBatch, "parentHash">> {
  const hashes = new Map(origins.map(({ number, hash }) => [number, hash]));
  for (const { timestamp, epochNumber, transactions } of batch.blocks) {
    if (timestamp <= parent.timestamp) continue;
    const epochHash = hashes.get(epochNumber);
    if (!epochHash) break;
    yield { kind: "singular", timestamp, epochNumber, epochHash, transactions };
  }
}
