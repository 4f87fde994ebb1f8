import type { RollupConfig } from "../config/rollup-config.ts";
import type { L1Block } from "../formats/l1-block.ts";
import type { L1Source } from "./l1-source.ts";
import type { L2Block } from "./l2-block.ts";
import type { L2Engine } from "./l2-engine.ts";

/** Where derivation begins. */
export interface SyncStart {
  readonly safe: L2Block;
  /** Block whose configuration is in force at `origin`. */
  readonly base: L2Block;
  /** First L1 block to read: before it no channel was opened that is still open. */
  readonly origin: L1Block;
}

/**
 * @param known a safe block whose data is known to be on L1. Otherwise the safe head goes back by a sequencing window, since
 *   what made the later ones safe may have left L1 while nobody looked; never behind the finalized head
 * @returns `undefined` when L1 does not have the blocks that are needed (yet)
 */
export const findSafeStart = async (
  config: RollupConfig,
  l1: L1Source,
  engine: L2Engine,
  known: L2Block | undefined,
): Promise<SyncStart | undefined> => {
  const safe = known ?? (await rewound(config, l1, engine));
  const base = before(engine, safe, config.channelTimeout);
  const origin = await l1.block(base.origin.number);
  return origin?.hash === base.origin.hash ? { safe, base, origin } : undefined;
};

const rewound = async (config: RollupConfig, l1: L1Source, engine: L2Engine): Promise<L2Block> => {
  const finalized = engine.finalized();
  let block = engine.safe();
  while (block.number > finalized.number && !(await isCanonical(l1, block))) block = engine.block(block.number - 1n)!;
  const start = before(engine, block, config.sequencingWindow);
  return start.number > finalized.number ? start : finalized;
};

const isCanonical = async (l1: L1Source, { origin }: L2Block): Promise<boolean> =>
  (await l1.block(origin.number))?.hash === origin.hash;

/** The newest block whose origin is at least `distance` L1 blocks before that of `block`, or genesis. */
const before = (engine: L2Engine, block: L2Block, distance: bigint): L2Block => {
  let found = block;
  while (found.origin.number + distance > block.origin.number) {
    const parent = found.number > 0n ? engine.block(found.number - 1n) : undefined;
    if (!parent) break;
    found = parent;
  }
  return found;
};
