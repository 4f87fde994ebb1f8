import type { BlockRef, BlockTag } from "@hyperion/chain";
import type { z } from "zod";
import { DecodeProblem, decodeFixed, decodeQuantity, scalar } from "./scalars.ts";

const TAGS: ReadonlySet<string> = new Set<BlockTag>(["latest", "pending", "safe", "finalized", "earliest"]);

/** A block parameter as asked (EIP-1898): `requireCanonical` only matters with a hash. */
export interface BlockParameter {
  readonly ref: BlockRef;
  readonly requireCanonical: boolean;
}

const MAX_SIGNED_64 = (1n << 63n) - 1n;

const decodeNumberOrTag = (value: unknown): BlockRef => {
  if (typeof value !== "string") throw new DecodeProblem("block number must be a hex string or a tag");
  if (TAGS.has(value)) return value as BlockTag;
  const number = decodeQuantity(value, 64);
  if (number > MAX_SIGNED_64) throw new DecodeProblem("block number larger than int64");
  return number;
};

const HASH_TEXT_LENGTH = 66;

const decodeParameter = (value: unknown): BlockParameter => {
  if (typeof value === "object" && value !== null) return decodeObject(value as Record<string, unknown>);
  if (typeof value === "string" && value.length === HASH_TEXT_LENGTH) {
    return { ref: decodeFixed(value, 32, "common.Hash"), requireCanonical: false };
  }
  return { ref: decodeNumberOrTag(value), requireCanonical: false };
};

const decodeObject = ({ blockHash, blockNumber, requireCanonical }: Record<string, unknown>): BlockParameter => {
  if (blockHash !== undefined && blockNumber !== undefined) {
    throw new DecodeProblem("cannot specify both BlockHash and BlockNumber, choose one or the other");
  }
  if (blockHash !== undefined) {
    return { ref: decodeFixed(blockHash, 32, "common.Hash"), requireCanonical: requireCanonical === true };
  }
  if (blockNumber === undefined) throw new DecodeProblem("invalid block parameter: neither blockNumber nor blockHash");
  return { ref: decodeNumberOrTag(blockNumber), requireCanonical: false };
};

/** A QUANTITY or a tag. */
export const blockNumberOrTag: z.ZodType<BlockRef> = scalar(decodeNumberOrTag);

/** A QUANTITY, a tag, a hash, or an EIP-1898 object. */
export const blockParameter: z.ZodType<BlockParameter> = scalar(decodeParameter);

export const LATEST: BlockParameter = { ref: "latest", requireCanonical: false };
