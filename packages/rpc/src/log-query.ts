import type { BlockRef, ChainApi, LocatedLog, LogQuery } from "@hyperion/chain";
import { blockNumberOf } from "./block-lookup.ts";
import type { RpcConfig } from "./config.ts";
import { invalidParams, RPC_CODES, RpcError, serverError } from "./errors.ts";
import type { LogFilterParameter } from "./schema/filter.ts";

const byHash = (chain: ChainApi, blockHash: Uint8Array, query: LogQuery): Promise<LocatedLog[]> => {
  if (!chain.header(blockHash)) throw serverError("unknown block");
  return chain.logs({ ...query, blockHash });
};

const rangeOf = (chain: ChainApi, from: BlockRef, to: BlockRef): { readonly first: bigint; readonly last: bigint } => {
  const first = blockNumberOf(chain, from);
  const last = blockNumberOf(chain, to);
  if (first > last) throw invalidParams("invalid block range params");
  const head = chain.head().header.number + (to === "pending" ? 1n : 0n);
  if (last > head) throw invalidParams("block range extends beyond current head block");
  return { first, last };
};

/**
 * Logs that satisfy a filter, in chain order. With `toBlock` "pending" the open block's logs follow. Throws
 * `RpcError` for impossible ranges, unknown blocks and exceeded limits.
 */
export const queryLogs = async (
  chain: ChainApi,
  config: Pick<RpcConfig, "maxLogBlocks" | "maxLogResults">,
  filter: LogFilterParameter,
): Promise<LocatedLog[]> => {
  const { blockHash, fromBlock = "latest", toBlock = "latest", ...match } = filter;
  const query: LogQuery = { ...match, limit: config.maxLogResults };
  if (blockHash) return byHash(chain, blockHash, query);
  const { first, last } = rangeOf(chain, fromBlock, toBlock);
  if (last - first >= BigInt(config.maxLogBlocks)) {
    throw new RpcError(RPC_CODES.limitExceeded, `block range is too large, at most ${config.maxLogBlocks} blocks`);
  }
  const head = chain.head().header.number;
  const sealed =
    first > head ? [] : await chain.logs({ ...query, fromBlock: first, toBlock: last > head ? head : last });
  return last > head ? [...sealed, ...chain.pendingLogs(match)] : sealed;
};
