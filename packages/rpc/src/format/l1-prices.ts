import type { ChainApi, LocatedReceipt } from "@hyperion/chain";
import { decodeL1Attributes, FormatError, type L1Attributes } from "@hyperion/rollup";
import { quantity } from "../hex.ts";
import type { Json } from "./json.ts";

/** The prices that the L1 data fee of a receipt follows from, as op-geth names them; nothing for what paid none. */
export const l1Prices = (chain: ChainApi, { receipt, blockHash }: LocatedReceipt): Json => {
  if (receipt.l1Fee === undefined) return {};
  const attributes = attributesOf(chain, blockHash ?? "pending");
  if (!attributes) return {};
  const { operatorFeeScalar, operatorFeeConstant, daFootprintGasScalar } = attributes;
  const hasOperatorFee = operatorFeeScalar !== 0 || operatorFeeConstant !== 0n;
  return {
    l1GasPrice: quantity(attributes.baseFee),
    l1BlobBaseFee: quantity(attributes.blobBaseFee),
    l1BaseFeeScalar: quantity(attributes.baseFeeScalar),
    l1BlobBaseFeeScalar: quantity(attributes.blobBaseFeeScalar),
    ...(hasOperatorFee && {
      operatorFeeScalar: quantity(operatorFeeScalar),
      operatorFeeConstant: quantity(operatorFeeConstant),
    }),
    ...(daFootprintGasScalar !== undefined && { daFootprintGasScalar: quantity(daFootprintGasScalar) }),
  };
};

/** A block that does not begin with L1 attributes is no rollup's. */
const attributesOf = (chain: ChainApi, block: Uint8Array | "pending"): L1Attributes | undefined => {
  const first = chain.transactionAt(block, 0)?.transaction;
  if (!first?.deposit) return undefined;
  try {
    return decodeL1Attributes(first.data);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
};
