import { type Address, bytesToHex, decodeAbiParameters, type Hex, hexToBigInt } from "viem";
import { FormatError } from "./errors.ts";
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

/** keccak of ConfigUpdate(uint256,uint8,bytes). */
export const CONFIG_UPDATE: Hex = "0x1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be";
const SCALAR_VERSION_ECOTONE = 1n;

const low = (word: bigint, shift: bigint, bits: bigint): bigint => (word >> shift) & ((1n << bits) - 1n);

type Update = (word: bigint) => Partial<SystemConfig>;

const exact = (word: bigint, bits: bigint): bigint => {
  if (word >> bits) throw new FormatError(`configuration update exceeds ${bits} bits`);
  return word;
};

/** By the event's type; each gets the word (scalars: the second of two) that the event carries. */
const UPDATES: Readonly<Record<string, Update>> = {
  0: (word) => ({ batcher: `0x${exact(word, 160n).toString(16).padStart(40, "0")}` }),
  2: (word) => ({ gasLimit: exact(word, 64n) }),
  4: (word) => ({
    eip1559Denominator: Number(low(exact(word, 64n), 32n, 32n)),
    eip1559Elasticity: Number(low(word, 0n, 32n)),
  }),
  5: (word) => ({
    operatorFeeScalar: Number(low(exact(word, 96n), 64n, 32n)),
    operatorFeeConstant: low(word, 0n, 64n),
  }),
  6: (word) => ({ minBaseFee: exact(word, 64n) }),
  7: (word) => ({ daFootprintGasScalar: Number(exact(word, 16n)) }),
};
const FEE_SCALARS = 1n;

/** Applies the updates of a block, in order. A malformed one is the contract's fault and changes nothing. */
export const updatedSystemConfig = (config: SystemConfig, logs: readonly L1Log[], contract: Address): SystemConfig => {
  let current = config;
  for (const log of logs) {
    if (log.address !== contract || log.topics[0] !== CONFIG_UPDATE) continue;
    try {
      current = { ...current, ...decodeUpdate(log) };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  return current;
};

const decodeUpdate = ({ topics, data }: L1Log): Partial<SystemConfig> => {
  const [, version, type] = topics;
  if (version === undefined || type === undefined || BigInt(version) !== 0n) {
    throw new FormatError("configuration update of unknown version");
  }
  const payload = payloadOf(data);
  const kind = hexToBigInt(type);
  if (kind === FEE_SCALARS) return decodeScalars(payload);
  if (payload.length !== 32) throw new FormatError(`configuration update of ${payload.length} bytes`);
  return UPDATES[kind.toString()]?.(hexToBigInt(bytesToHex(payload))) ?? {};
};

/** The overhead, which nothing reads any more, then version 1 ‖ 0²³ ‖ blob base fee scalar ‖ base fee scalar. */
const decodeScalars = (payload: Uint8Array): Partial<SystemConfig> => {
  if (payload.length !== 64) throw new FormatError(`fee scalars of ${payload.length} bytes`);
  const scalars = hexToBigInt(bytesToHex(payload.subarray(32)));
  const version = scalars >> 248n;
  if (version > SCALAR_VERSION_ECOTONE) throw new FormatError(`fee scalars of unknown version ${version}`);
  const blobBaseFeeScalar = version === SCALAR_VERSION_ECOTONE ? Number(low(scalars, 32n, 32n)) : 0;
  return { blobBaseFeeScalar, baseFeeScalar: Number(low(scalars, 0n, 32n)) };
};

const payloadOf = (data: Uint8Array): Uint8Array => {
  try {
    const [bytes] = decodeAbiParameters([{ type: "bytes" }], data);
    return Buffer.from(bytes.slice(2), "hex");
  } catch (cause) {
    throw new FormatError("configuration update without its bytes", { cause });
  }
};
