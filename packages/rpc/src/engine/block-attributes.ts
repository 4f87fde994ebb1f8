import type { BlockAttributes, ChainConfig, Header } from "@hyperion/kernel";
import { ENGINE_CODES, RpcError } from "../errors.ts";
import type { EnginePayloadAttributes } from "./engine-schema.ts";

const invalid = (problem: string): RpcError => new RpcError(ENGINE_CODES.invalidAttributes, problem);

/**
 * What the chain's builder has to know of payload attributes.
 *
 * @throws RpcError −38003
 */
export const blockAttributes = (
  wanted: EnginePayloadAttributes,
  parent: Header,
  config: ChainConfig,
): BlockAttributes => {
  if (wanted.timestamp <= parent.timestamp) throw invalid("the timestamp is not after the parent's");
  const common = {
    timestamp: wanted.timestamp,
    coinbase: wanted.suggestedFeeRecipient,
    prevRandao: wanted.prevRandao,
    parentBeaconBlockRoot: wanted.parentBeaconBlockRoot,
    withdrawals: wanted.withdrawals,
  };
  if (!config.rollup) return { ...common, gasLimit: parent.gasLimit };
  if (wanted.gasLimit == null) throw invalid("a rollup's payload attributes have a gasLimit");
  if (wanted.withdrawals.length > 0) throw invalid("a rollup's blocks have no withdrawals");
  return { ...common, gasLimit: wanted.gasLimit, extraData: extraData(wanted, config.rollup) };
};

/** Holocene: `00 ‖ denominator u32 ‖ elasticity u32`; Jovian: `01 ‖ … ‖ minimum base fee u64`. */
const extraData = (wanted: EnginePayloadAttributes, rules: NonNullable<ChainConfig["rollup"]>): Uint8Array => {
  if (!wanted.eip1559Params) throw invalid("eip1559Params are missing");
  const given = Buffer.from(wanted.eip1559Params);
  const isDefault = given.readUInt32BE(0) === 0;
  if (isDefault && given.readUInt32BE(4) !== 0) throw invalid("eip1559Params without a denominator");
  const isJovian = rules.jovianTime !== undefined && wanted.timestamp >= rules.jovianTime;
  if (isJovian !== (wanted.minBaseFee != null))
    throw invalid(`minBaseFee is ${isJovian ? "missing" : "not known yet"}`);
  const bytes = Buffer.alloc(isJovian ? 17 : 9);
  bytes.writeUInt8(Number(isJovian), 0);
  bytes.writeUInt32BE(isDefault ? rules.baseFeeDenominator : given.readUInt32BE(0), 1);
  bytes.writeUInt32BE(isDefault ? rules.elasticity : given.readUInt32BE(4), 5);
  if (wanted.minBaseFee != null) bytes.writeBigUInt64BE(BigInt(wanted.minBaseFee), 9);
  return new Uint8Array(bytes);
};
