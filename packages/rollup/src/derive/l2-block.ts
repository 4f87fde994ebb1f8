import type { Header } from "@hyperion/kernel";
import { bytesToHex, type Hex } from "viem";
import type { BlockId, RollupConfig } from "../config/rollup-config.ts";
import { FormatError } from "../formats/errors.ts";
import { decodeL1Attributes, type L1Attributes } from "../formats/l1-attributes.ts";
import type { SystemConfig } from "../formats/system-config.ts";

/** What derivation has to know of an L2 block. */
export interface L2Block {
  readonly number: bigint;
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly timestamp: bigint;
  readonly origin: BlockId;
  /** Blocks of the same origin before this one. */
  readonly sequenceNumber: bigint;
  /** In force for this block: its children inherit it. */
  readonly systemConfig: SystemConfig;
}

type SealedHeader = Pick<Header, "number" | "parentHash" | "timestamp" | "gasLimit" | "extraData">;

/** A sealed block as the chain has it. */
export interface SealedL2Block {
  readonly header: SealedHeader;
  readonly hash: Uint8Array;
  readonly transactions: readonly { readonly data: Uint8Array }[];
}

/**
 * Reads origin and configuration from the block's first transaction and its header.
 *
 * @throws FormatError when the block does not begin with L1 attributes
 */
export const describeL2Block = (block: SealedL2Block, config: RollupConfig): L2Block => {
  const { header } = block;
  const identity = {
    number: header.number,
    hash: bytesToHex(block.hash),
    parentHash: bytesToHex(header.parentHash),
    timestamp: header.timestamp,
  };
  if (header.number === config.genesis.l2.number) {
    const { l1, systemConfig } = config.genesis;
    return { ...identity, origin: l1, sequenceNumber: 0n, systemConfig };
  }
  const first = block.transactions[0];
  if (!first) throw new FormatError(`L2 block ${header.number} has no transactions`);
  const attributes = decodeL1Attributes(first.data);
  const origin = { number: attributes.number, hash: attributes.hash };
  const systemConfig = systemConfigOf(header, attributes);
  return { ...identity, origin, sequenceNumber: attributes.sequenceNumber, systemConfig };
};

const systemConfigOf = ({ gasLimit, extraData }: SealedHeader, attributes: L1Attributes): SystemConfig => {
  const fees = Buffer.from(extraData);
  return {
    batcher: attributes.batcher,
    gasLimit,
    baseFeeScalar: attributes.baseFeeScalar,
    blobBaseFeeScalar: attributes.blobBaseFeeScalar,
    eip1559Denominator: fees.readUInt32BE(1),
    eip1559Elasticity: fees.readUInt32BE(5),
    operatorFeeScalar: attributes.operatorFeeScalar,
    operatorFeeConstant: attributes.operatorFeeConstant,
    minBaseFee: fees.length > 9 ? fees.readBigUInt64BE(9) : 0n,
    daFootprintGasScalar: attributes.daFootprintGasScalar ?? 0,
  };
};
