import type { BlockOverrides } from "@hyperion/chain";
import type { Header } from "@hyperion/kernel";
import { invalidParams, RPC_CODES, RpcError } from "../errors.ts";
import type { BlockStateCall } from "../schema/simulation.ts";

/** Most blocks one simulation may span, gaps included. */
const MAX_BLOCKS = 256n;
/** Default distance between simulated blocks in seconds. */
const TIMESTAMP_INCREMENT = 12n;

/** A block to simulate, with number and timestamp decided. */
export interface PlannedBlock {
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly call: BlockStateCall;
  readonly overrides: BlockOverrides;
}

/** Leaves room for what the blocks after it add. */
const LATEST_TIMESTAMP = 1n << 62n;

const EMPTY: BlockStateCall = {};

/**
 * Orders the blocks of eth_simulateV1 on `base`: missing numbers and timestamps continue the previous block's, gaps are
 * filled with empty blocks. Throws −38020, −38021 and −38026.
 */
export const planChain = (
  base: Pick<Header, "number" | "timestamp">,
  calls: readonly BlockStateCall[],
): PlannedBlock[] => {
  const blocks: PlannedBlock[] = [];
  let { number, timestamp } = base;
  for (const call of calls) {
    const overrides = call.blockOverrides ?? {};
    const target = overrides.number ?? number + 1n;
    if (target <= number) {
      throw new RpcError(RPC_CODES.blockNumberOrder, `block numbers must be in order: ${target} <= ${number}`);
    }
    if (target - base.number > MAX_BLOCKS) throw new RpcError(RPC_CODES.clientLimit, "too many blocks");
    while (++number < target) {
      timestamp += TIMESTAMP_INCREMENT;
      blocks.push({ number, timestamp, call: EMPTY, overrides: {} });
    }
    const time = overrides.timestamp ?? timestamp + TIMESTAMP_INCREMENT;
    if (time <= timestamp) {
      throw new RpcError(RPC_CODES.timestampOrder, `block timestamps must be in order: ${time} <= ${timestamp}`);
    }
    if (time > LATEST_TIMESTAMP) throw invalidParams("block timestamp is out of range");
    timestamp = time;
    blocks.push({ number, timestamp, call, overrides });
  }
  return blocks;
};
