import type { BlockRef } from "@hyperion/chain";
import { z } from "zod";
import { blockNumberOrTag } from "./block.ts";
import { address, hash } from "./scalars.ts";

const MAX_ADDRESSES = 1_000;
const MAX_TOPICS_PER_POSITION = 1_000;

/** What eth_getLogs, eth_newFilter and the logs subscription ask for. */
export interface LogFilterParameter {
  readonly addresses?: readonly Uint8Array[];
  readonly topics?: readonly (readonly Uint8Array[] | undefined)[];
  readonly blockHash?: Uint8Array;
  readonly fromBlock?: BlockRef;
  readonly toBlock?: BlockRef;
}

const oneOrMany = <T>(item: z.ZodType<T>, limit: number): z.ZodType<T[] | undefined> =>
  z.union([z.null().transform(() => undefined), z.array(item).max(limit), item.transform((one) => [one])], {
    error: "expected one value or an array of values",
  }) as z.ZodType<T[] | undefined>;

const topics = z.array(oneOrMany(hash, MAX_TOPICS_PER_POSITION)).max(4, "exceed max topics");

export const logFilter: z.ZodType<LogFilterParameter> = z
  .object({
    address: oneOrMany(address, MAX_ADDRESSES).optional(),
    topics: topics.nullish(),
    blockHash: hash.nullish(),
    fromBlock: blockNumberOrTag.nullish(),
    toBlock: blockNumberOrTag.nullish(),
  })
  .transform((filter, context) => {
    if (filter.blockHash && (filter.fromBlock != null || filter.toBlock != null)) {
      const message = "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other";
      context.issues.push({ code: "custom", message, input: filter });
      return z.NEVER;
    }
    return {
      ...(filter.address ? { addresses: filter.address } : {}),
      ...(filter.topics ? { topics: filter.topics } : {}),
      ...(filter.blockHash ? { blockHash: filter.blockHash } : {}),
      ...(filter.fromBlock != null ? { fromBlock: filter.fromBlock } : {}),
      ...(filter.toBlock != null ? { toBlock: filter.toBlock } : {}),
    };
  });
