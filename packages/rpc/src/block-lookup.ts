import type { Block, BlockRef, ChainApi } from "@hyperion/chain";
import type { Header } from "@hyperion/kernel";
import { serverError } from "./errors.ts";
import { data } from "./hex.ts";
import { type BlockParameter, LATEST } from "./schema/block.ts";

/** The state a block parameter asks for. Throws "header not found" as eth_call and the getters do. */
export const stateRef = (chain: ChainApi, parameter: BlockParameter = LATEST): BlockRef => {
  const { ref, requireCanonical } = parameter;
  if (typeof ref === "string") return ref;
  if (typeof ref === "bigint") {
    if (ref > chain.head().header.number) throw serverError("header not found");
    return ref;
  }
  if (!chain.header(ref)) throw serverError("header for hash not found");
  if (requireCanonical && !chain.isCanonical(ref)) throw serverError("hash is not currently canonical");
  return ref;
};

/** A sealed block, or `undefined`; "pending" must be handled before. */
export const findBlock = (chain: ChainApi, ref: BlockRef): Block | undefined =>
  chain.block(ref === "pending" ? "latest" : ref);

const describe = (ref: BlockRef): string => {
  if (typeof ref === "bigint") return `#${ref}`;
  return typeof ref === "string" ? ref : data(ref);
};

/** A sealed block. Throws "block … not found". */
export const requireBlock = (chain: ChainApi, ref: BlockRef): Block => {
  const block = findBlock(chain, ref);
  if (!block) throw serverError(`block ${describe(ref)} not found`);
  return block;
};

/** The header of the open block: what the next block will look like. */
export const nextHeader = (chain: ChainApi): Header => chain.pending().header;

/** Number of the block a tag or number means; the open block's for "pending". */
export const blockNumberOf = (chain: ChainApi, ref: BlockRef): bigint => {
  if (typeof ref === "bigint") return ref;
  const head = chain.head().header.number;
  if (ref === "pending") return head + 1n;
  return chain.header(ref)?.number ?? head;
};
