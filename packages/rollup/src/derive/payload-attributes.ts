import type { BlockAttributes } from "@hyperion/kernel";
import { type Address, type Hex, hexToBytes } from "viem";
import type { RollupConfig } from "../config/rollup-config.ts";
import type { L1Block } from "../formats/l1-block.ts";
import { DerivationModule } from "../wasm/derivation-module.ts";
import { writeConfig, writeLogs, writeSystemConfig } from "../wasm/messages.ts";
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
  const { gasLimit, extraData, forced } = blockStart(config, parent, timestamp, origin);
  return {
    parent: parent.hash,
    block: {
      timestamp,
      coinbase: hexToBytes(SEQUENCER_FEE_VAULT),
      gasLimit,
      prevRandao: hexToBytes(origin.mixHash),
      extraData,
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

interface BlockStart {
  readonly gasLimit: bigint;
  readonly extraData: Uint8Array;
  readonly forced: readonly Uint8Array[];
}

/** Events count with the first block of an epoch only. */
function blockStart(config: RollupConfig, parent: L2Block, timestamp: bigint, origin: L1Block): BlockStart {
  const module = DerivationModule.stateless;
  const out = module.message();
  writeConfig(out, config);
  writeSystemConfig(out, parent.systemConfig);
  out.u64(parent.origin.number).u64(parent.sequenceNumber).u64(timestamp);
  out.u64(origin.number).u64(origin.timestamp).fixed(hexToBytes(origin.hash), 32);
  out.u256(origin.baseFee).u256(origin.blobBaseFee);
  writeLogs(out, origin.number === parent.origin.number ? [] : origin.logs);
  const from = module.ask("blockStart");
  return { gasLimit: from.u64(), extraData: from.bytes(), forced: from.list(() => from.bytes()) };
}
