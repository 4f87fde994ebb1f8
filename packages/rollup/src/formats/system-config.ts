import { type Address, hexToBytes } from "viem";
import { DerivationModule } from "../wasm/derivation-module.ts";
import { readSystemConfig, writeLogs, writeSystemConfig } from "../wasm/messages.ts";
import type { L1Log } from "./l1-block.ts";

/** What the SystemConfig contract on L1 sets for L2. */
export interface SystemConfig {
  readonly batcher: Address;
  readonly gasLimit: bigint;
  /** Fjord: per million, of the L1 base fee and of the blob base fee. */
  readonly baseFeeScalar: number;
  readonly blobBaseFeeScalar: number;
  /** Holocene; zeros stand for the chain's own. */
  readonly eip1559Denominator: number;
  readonly eip1559Elasticity: number;
  /** Isthmus. */
  readonly operatorFeeScalar: number;
  readonly operatorFeeConstant: bigint;
  /** Jovian. */
  readonly minBaseFee: bigint;
  readonly daFootprintGasScalar: number;
}

/** Applies the updates of a block, in order. A malformed one is the contract's fault and changes nothing. */
export const updatedSystemConfig = (config: SystemConfig, logs: readonly L1Log[], contract: Address): SystemConfig => {
  const module = DerivationModule.stateless;
  const out = module.message();
  out.fixed(hexToBytes(contract), 20);
  writeSystemConfig(out, config);
  writeLogs(out, logs);
  return readSystemConfig(module.ask("systemConfigAfter"));
};
