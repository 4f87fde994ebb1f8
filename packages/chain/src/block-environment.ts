import type { BlockAttributes, Header, Kernel } from "@hyperion/kernel";
import type { BlockOverrides } from "./api.ts";
import type { StoredBlock } from "./stored-block.ts";

/**
 * Opens a block like `block` itself on the state after it. Its system calls are not repeated: their effects are part of
 * the state already.
 */
export function enterBlock(
  kernel: Kernel,
  block: StoredBlock,
  parent: StoredBlock | undefined,
  overrides: BlockOverrides | undefined,
): Header {
  const { header } = block;
  const own = {
    number: header.number,
    difficulty: header.difficulty,
    ...(header.baseFeePerGas === undefined ? {} : { baseFeePerGas: header.baseFeePerGas }),
    ...(header.excessBlobGas === undefined ? {} : { excessBlobGas: header.excessBlobGas }),
  };
  const attributes = overridden({ ...attributesOf(block), overrides: own }, overrides);
  const base = parent ?? block;
  return kernel.beginBlock(base.header, base.hash, attributes, false);
}

/** What the builder of a sealed block chose. */
export function attributesOf(block: StoredBlock): BlockAttributes {
  const { header, withdrawals } = block;
  return {
    timestamp: header.timestamp,
    coinbase: header.coinbase,
    gasLimit: header.gasLimit,
    prevRandao: header.mixHash,
    extraData: header.extraData,
    ...(header.parentBeaconBlockRoot ? { parentBeaconBlockRoot: header.parentBeaconBlockRoot } : {}),
    ...(withdrawals ? { withdrawals } : {}),
    overrides: {
      difficulty: header.difficulty,
      // Dev chains may set the base fee of a block by hand.
      ...(header.baseFeePerGas === undefined ? {} : { baseFeePerGas: header.baseFeePerGas }),
    },
  };
}

/** @param overrides of simulations: they win over what the block derives from its parent */
export function overridden(attributes: BlockAttributes, overrides: BlockOverrides = {}): BlockAttributes {
  const { number, baseFeePerGas, excessBlobGas, blobBaseFee, difficulty, ...direct } = overrides;
  const derived = Object.entries({ number, baseFeePerGas, excessBlobGas, blobBaseFee, difficulty });
  return {
    ...attributes,
    ...direct,
    overrides: {
      ...attributes.overrides,
      ...Object.fromEntries(derived.filter(([, value]) => value !== undefined)),
    },
  };
}

/** A child one second after its parent, where nothing else is asked for. */
export function childDefaults(parent: Header): BlockAttributes {
  return {
    timestamp: parent.timestamp + 1n,
    coinbase: parent.coinbase,
    gasLimit: parent.gasLimit,
    prevRandao: new Uint8Array(32),
    ...(parent.parentBeaconBlockRoot ? { parentBeaconBlockRoot: new Uint8Array(32) } : {}),
    ...(parent.withdrawalsRoot ? { withdrawals: [] } : {}),
  };
}
