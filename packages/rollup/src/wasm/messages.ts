import type { WireReader, WireWriter } from "@hyperion/kernel";
import { bytesToHex, hexToBytes } from "viem";
import type { RollupConfig } from "../config/rollup-config.ts";
import type { BatchContext } from "../formats/batch-context.ts";
import type { L1Log, L1Ref } from "../formats/l1-block.ts";
import type { SystemConfig } from "../formats/system-config.ts";

/** The messages of derivation.wasm, one function per record, in the order of `assembly`. */

const NEVER = (1n << 64n) - 1n;
const NO_ADDRESS = new Uint8Array(20);

export function writeConfig(out: WireWriter, config: RollupConfig): void {
  out.u64(config.l2ChainId).u64(config.genesis.l2Time).u64(config.blockTime).u64(config.maxSequencerDrift);
  out
    .u64(config.sequencingWindow)
    .u64(config.channelTimeout)
    .u64(config.jovianTime ?? NEVER);
  out.u32(config.baseFeeDenominator).u32(config.elasticity);
  out.fixed(hexToBytes(config.portal), 20).fixed(hexToBytes(config.systemConfigAddress), 20);
}

/** As `writeConfig`, for batches alone: nothing else is asked for. */
export function writeContext(out: WireWriter, { chainId, genesisTime, blockTime }: BatchContext): void {
  out.u64(chainId).u64(genesisTime).u64(blockTime).u64(0n).u64(0n).u64(0n).u64(NEVER).u32(0).u32(0);
  out.fixed(NO_ADDRESS, 20).fixed(NO_ADDRESS, 20);
}

export function writeSystemConfig(out: WireWriter, config: SystemConfig): void {
  out.fixed(hexToBytes(config.batcher), 20).u64(config.gasLimit);
  out.u32(config.baseFeeScalar).u32(config.blobBaseFeeScalar);
  out.u32(config.eip1559Denominator).u32(config.eip1559Elasticity);
  out.u32(config.operatorFeeScalar).u64(config.operatorFeeConstant);
  out.u64(config.minBaseFee).u32(config.daFootprintGasScalar);
}

export function readSystemConfig(from: WireReader): SystemConfig {
  return {
    batcher: bytesToHex(from.fixed(20)),
    gasLimit: from.u64(),
    baseFeeScalar: from.u32(),
    blobBaseFeeScalar: from.u32(),
    eip1559Denominator: from.u32(),
    eip1559Elasticity: from.u32(),
    operatorFeeScalar: from.u32(),
    operatorFeeConstant: from.u64(),
    minBaseFee: from.u64(),
    daFootprintGasScalar: from.u32(),
  };
}

export function writeL1Ref(out: WireWriter, { number, hash, parentHash, timestamp }: L1Ref): void {
  out.u64(number).fixed(hexToBytes(hash), 32).fixed(hexToBytes(parentHash), 32).u64(timestamp);
}

export function writeLogs(out: WireWriter, logs: readonly L1Log[]): void {
  out.list(logs, ({ address, topics, data, index }) => {
    out.fixed(hexToBytes(address), 20).list(topics, (topic) => out.fixed(hexToBytes(topic), 32));
    out.bytes(data).u32(index);
  });
}
