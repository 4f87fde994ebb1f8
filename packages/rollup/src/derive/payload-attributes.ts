import type { BlockAttributes } from "@hyperion/kernel";
import { type Address, type Hex, hexToBytes } from "viem";
import type { RollupConfig } from "../config/rollup-config.ts";
import { ByteWriter } from "../formats/byte-writer.ts";
import { depositFromLog, encodeDeposit, TRANSACTION_DEPOSITED } from "../formats/deposit.ts";
import { FormatError } from "../formats/errors.ts";
import { type L1Attributes, l1AttributesDeposit } from "../formats/l1-attributes.ts";
import type { L1Block } from "../formats/l1-block.ts";
import { type SystemConfig, updatedSystemConfig } from "../formats/system-config.ts";
import type { L2Block } from "./l2-block.ts";

/** Everything that an L2 block follows from, on its parent. */
export interface PayloadAttributes {
  readonly parent: Hex;
  readonly block: BlockAttributes & { readonly extraData: Uint8Array; readonly parentBeaconBlockRoot: Uint8Array };
  /** L1 attributes, deposits of a new epoch, then the sequencer's. */
  readonly transactions: readonly Uint8Array[];
  readonly depositCount: number;
}

const SEQUENCER_FEE_VAULT: Address = "0x4200000000000000000000000000000000000011";

/**
 * @param timestamp of the new block, seconds
 * @param origin its L1 origin: the parent's, or the block after that
 * @param sequenced transactions of the sequencer
 */
export const payloadAttributes = (
  config: RollupConfig,
  parent: L2Block,
  timestamp: bigint,
  origin: L1Block,
  sequenced: readonly Uint8Array[],
): PayloadAttributes => {
  const isNewEpoch = origin.number !== parent.origin.number;
  const sequenceNumber = isNewEpoch ? 0n : parent.sequenceNumber + 1n;
  const systemConfig = isNewEpoch
    ? updatedSystemConfig(parent.systemConfig, origin.logs, config.systemConfigAddress)
    : parent.systemConfig;
  const isJovian = config.jovianTime !== undefined && timestamp >= config.jovianTime;
  const attributes = l1AttributesOf(origin, sequenceNumber, systemConfig, isJovian);
  const deposits = isNewEpoch ? userDeposits(origin, config.portal) : [];
  const forced = [encodeDeposit(l1AttributesDeposit(attributes)), ...deposits];
  return {
    parent: parent.hash,
    block: {
      timestamp,
      coinbase: hexToBytes(SEQUENCER_FEE_VAULT),
      gasLimit: systemConfig.gasLimit,
      prevRandao: hexToBytes(origin.mixHash),
      extraData: extraData(systemConfig, config, isJovian),
      parentBeaconBlockRoot: hexToBytes(origin.parentBeaconBlockRoot),
      withdrawals: [],
    },
    transactions: [...forced, ...sequenced],
    depositCount: forced.length,
  };
};

/** Holocene: where the sequencer's part makes the block invalid, the deposits alone make it. */
export const depositsOnly = (attributes: PayloadAttributes): PayloadAttributes => ({
  ...attributes,
  transactions: attributes.transactions.slice(0, attributes.depositCount),
});

const l1AttributesOf = (
  origin: L1Block,
  sequenceNumber: bigint,
  systemConfig: SystemConfig,
  isJovian: boolean,
): L1Attributes => {
  const { number, timestamp, baseFee, blobBaseFee, hash } = origin;
  const { batcher, baseFeeScalar, blobBaseFeeScalar, operatorFeeScalar, operatorFeeConstant } = systemConfig;
  return {
    ...{ number, timestamp, baseFee, blobBaseFee, hash, sequenceNumber },
    ...{ batcher, baseFeeScalar, blobBaseFeeScalar, operatorFeeScalar, operatorFeeConstant },
    ...(isJovian && { daFootprintGasScalar: systemConfig.daFootprintGasScalar }),
  };
};

/** In the order of their events. What the portal cannot have emitted is no deposit. */
const userDeposits = (origin: L1Block, portal: Address): readonly Uint8Array[] => {
  const deposits: Uint8Array[] = [];
  for (const log of origin.logs) {
    if (log.address !== portal || log.topics[0] !== TRANSACTION_DEPOSITED) continue;
    try {
      deposits.push(encodeDeposit(depositFromLog(log, origin.hash)));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  return deposits;
};

const extraData = (systemConfig: SystemConfig, config: RollupConfig, isJovian: boolean): Uint8Array => {
  const isSet = systemConfig.eip1559Denominator !== 0;
  const writer = new ByteWriter()
    .u8(Number(isJovian))
    .u32(isSet ? systemConfig.eip1559Denominator : config.baseFeeDenominator)
    .u32(isSet ? systemConfig.eip1559Elasticity : config.elasticity);
  if (isJovian) writer.u64(systemConfig.minBaseFee);
  return writer.finish();
};
