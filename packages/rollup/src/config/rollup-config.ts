import { type Address, type Hex, isAddress } from "viem";
import { z } from "zod";
import type { CommitmentKind } from "../da/commitment.ts";
import type { SystemConfig } from "../formats/system-config.ts";

/** A block by number and hash. */
export interface BlockId {
  readonly number: bigint;
  readonly hash: Hex;
}

/** Everything that the L2 chain follows from besides L1's blocks. Addresses and hashes are lower case. */
export interface RollupConfig {
  readonly genesis: {
    /** The L1 block after which L2 begins. */
    readonly l1: BlockId;
    readonly l2: BlockId;
    /** Timestamp of the L2 genesis, seconds. */
    readonly l2Time: bigint;
    readonly systemConfig: SystemConfig;
  };
  /** Seconds. */
  readonly blockTime: bigint;
  /** Seconds that L2 may run ahead of its L1 origin. */
  readonly maxSequencerDrift: bigint;
  /** L1 blocks in which the batches of an epoch have to appear. */
  readonly sequencingWindow: bigint;
  /** L1 blocks that a channel stays open. */
  readonly channelTimeout: bigint;
  readonly l1ChainId: bigint;
  readonly l2ChainId: bigint;
  readonly batchInbox: Address;
  readonly portal: Address;
  readonly systemConfigAddress: Address;
  /** EIP-1559 parameters where the system configuration has none. */
  readonly baseFeeDenominator: number;
  readonly elasticity: number;
  /** First timestamp of Jovian. */
  readonly jovianTime?: bigint;
  /** Where batches may be kept outside of L1: how they are committed to there. */
  readonly altDa?: { readonly kind: CommitmentKind };
}

/** A rollup configuration that cannot be used; `path` names the field. */
export class RollupConfigError extends Error {
  readonly code = "INVALID_ROLLUP_CONFIG";
  readonly shortMessage: string;
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`rollup configuration: ${path || "document"}: ${problem}`);
    this.name = "RollupConfigError";
    this.path = path;
    this.shortMessage = problem;
  }
}

/** Fjord makes the drift a constant, Granite the timeout of channels. */
export const MAX_SEQUENCER_DRIFT = 1800n;
export const CHANNEL_TIMEOUT = 50n;
const ACTIVE_FORKS = ["regolith", "canyon", "delta", "ecotone", "fjord", "granite", "holocene", "isthmus"] as const;

const integer = z
  .union([z.number().int().nonnegative(), z.string().regex(/^(0x[0-9a-fA-F]+|\d+)$/)])
  .transform((value) => BigInt(value))
  .refine((value) => value >> 64n === 0n, "exceeds 64 bits");
const positive = integer.refine((value) => value > 0n, "must be above zero");
const small = integer.refine((value) => value >> 32n === 0n, "exceeds 32 bits").transform(Number);
const hash = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, "is no hash")
  .transform((value) => value.toLowerCase() as Hex);
const address = z
  .string()
  .refine((value) => isAddress(value, { strict: false }), "is no address")
  .transform((value) => value.toLowerCase() as Address);
const block = z.object({ hash, number: integer });

/** Ecotone: version 1 ‖ 0²³ ‖ blob base fee scalar ‖ base fee scalar. */
const scalars = hash
  .refine((value) => /^0x01(00){23}/.test(value), "is no scalar of version 1")
  .transform((value) => ({
    blobBaseFeeScalar: Number.parseInt(value.slice(50, 58), 16),
    baseFeeScalar: Number.parseInt(value.slice(58, 66), 16),
  }));
const eip1559 = z
  .string()
  .regex(/^0x[0-9a-fA-F]{16}$/, "has not eight bytes")
  .transform((value) => ({
    eip1559Denominator: Number.parseInt(value.slice(2, 10), 16),
    eip1559Elasticity: Number.parseInt(value.slice(10, 18), 16),
  }));
/** Isthmus: 0²⁰ ‖ operator fee scalar u32 ‖ constant u64. */
const operatorFee = hash.transform((value) => ({
  operatorFeeScalar: Number.parseInt(value.slice(42, 50), 16),
  operatorFeeConstant: BigInt(`0x${value.slice(50)}`),
}));

const systemConfig = z
  .object({
    batcherAddr: address,
    scalar: scalars,
    gasLimit: positive,
    eip1559Params: eip1559.default({ eip1559Denominator: 0, eip1559Elasticity: 0 }),
    operatorFeeParams: operatorFee.default({ operatorFeeScalar: 0, operatorFeeConstant: 0n }),
    minBaseFee: integer.default(0n),
    daFootprintGasScalar: small.default(0),
  })
  .transform(
    (fields): SystemConfig => ({
      batcher: fields.batcherAddr,
      gasLimit: fields.gasLimit,
      ...fields.scalar,
      ...fields.eip1559Params,
      ...fields.operatorFeeParams,
      minBaseFee: fields.minBaseFee,
      daFootprintGasScalar: fields.daFootprintGasScalar,
    }),
  );

/** op-node's names. */
const COMMITMENT_NAMES: Readonly<Record<CommitmentKind, string>> = {
  keccak: "KeccakCommitment",
  generic: "GenericCommitment",
};
const altDa = z
  .object({ da_commitment_type: z.enum(["KeccakCommitment", "GenericCommitment"]).default("KeccakCommitment") })
  .transform(({ da_commitment_type: name }) => ({ kind: name === "KeccakCommitment" ? "keccak" : "generic" }) as const);

const activations = Object.fromEntries(ACTIVE_FORKS.map((fork) => [`${fork}_time`, integer.optional()]));
const schema = z.object({
  genesis: z.object({ l1: block, l2: block, l2_time: integer, system_config: systemConfig }),
  block_time: positive,
  seq_window_size: positive,
  l1_chain_id: positive,
  l2_chain_id: positive,
  batch_inbox_address: address,
  deposit_contract_address: address,
  l1_system_config_address: address,
  jovian_time: integer.nullish(),
  alt_da: altDa.nullish(),
  chain_op_config: z.object({
    eip1559Elasticity: small,
    eip1559Denominator: small,
    eip1559DenominatorCanyon: small.optional(),
  }),
  ...activations,
});

/**
 * Reads op-node's `rollup.json` (already parsed). Every upgrade up to Isthmus must be active at genesis.
 *
 * @throws RollupConfigError
 */
export const parseRollupConfig = (json: unknown): RollupConfig => {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RollupConfigError(issue?.path.join(".") ?? "", issue?.message ?? "cannot be read");
  }
  const { genesis, chain_op_config: fees, ...fields } = parsed.data;
  for (const fork of ACTIVE_FORKS) {
    const time = (fields as Record<string, unknown>)[`${fork}_time`];
    if (typeof time !== "bigint" || time > genesis.l2_time) {
      throw new RollupConfigError(`${fork}_time`, "must be active at genesis");
    }
  }
  const denominator = fees.eip1559DenominatorCanyon ?? fees.eip1559Denominator;
  if (denominator === 0 || fees.eip1559Elasticity === 0) {
    throw new RollupConfigError("chain_op_config", "denominator and elasticity must be above zero");
  }
  return {
    genesis: { l1: genesis.l1, l2: genesis.l2, l2Time: genesis.l2_time, systemConfig: genesis.system_config },
    blockTime: fields.block_time,
    maxSequencerDrift: MAX_SEQUENCER_DRIFT,
    sequencingWindow: fields.seq_window_size,
    channelTimeout: CHANNEL_TIMEOUT,
    l1ChainId: fields.l1_chain_id,
    l2ChainId: fields.l2_chain_id,
    batchInbox: fields.batch_inbox_address,
    portal: fields.deposit_contract_address,
    systemConfigAddress: fields.l1_system_config_address,
    baseFeeDenominator: denominator,
    elasticity: fees.eip1559Elasticity,
    ...(fields.jovian_time != null && { jovianTime: fields.jovian_time }),
    ...(fields.alt_da && { altDa: fields.alt_da }),
  };
};

const hexWord = (value: bigint): Hex => `0x${value.toString(16).padStart(64, "0")}`;

const formatSystemConfig = (config: SystemConfig): Record<string, unknown> => ({
  batcherAddr: config.batcher,
  overhead: hexWord(0n),
  scalar: hexWord((1n << 248n) | (BigInt(config.blobBaseFeeScalar) << 32n) | BigInt(config.baseFeeScalar)),
  gasLimit: Number(config.gasLimit),
  eip1559Params: `0x${[config.eip1559Denominator, config.eip1559Elasticity]
    .map((value) => value.toString(16).padStart(8, "0"))
    .join("")}`,
  operatorFeeParams: hexWord((BigInt(config.operatorFeeScalar) << 64n) | config.operatorFeeConstant),
  minBaseFee: Number(config.minBaseFee),
  daFootprintGasScalar: config.daFootprintGasScalar,
});

/** op-node's form, as `optimism_rollupConfig` answers it; inverse of `parseRollupConfig`. */
export const formatRollupConfig = (config: RollupConfig): Record<string, unknown> => {
  const id = ({ number, hash }: BlockId): object => ({ hash, number: Number(number) });
  const { genesis, elasticity, baseFeeDenominator } = config;
  return {
    genesis: {
      l1: id(genesis.l1),
      l2: id(genesis.l2),
      l2_time: Number(genesis.l2Time),
      system_config: formatSystemConfig(genesis.systemConfig),
    },
    block_time: Number(config.blockTime),
    max_sequencer_drift: Number(config.maxSequencerDrift),
    seq_window_size: Number(config.sequencingWindow),
    channel_timeout: Number(config.channelTimeout),
    l1_chain_id: Number(config.l1ChainId),
    l2_chain_id: Number(config.l2ChainId),
    ...Object.fromEntries(ACTIVE_FORKS.map((fork) => [`${fork}_time`, 0])),
    ...(config.jovianTime !== undefined && { jovian_time: Number(config.jovianTime) }),
    ...(config.altDa && { alt_da: { da_commitment_type: COMMITMENT_NAMES[config.altDa.kind] } }),
    batch_inbox_address: config.batchInbox,
    deposit_contract_address: config.portal,
    l1_system_config_address: config.systemConfigAddress,
    chain_op_config: {
      eip1559Elasticity: elasticity,
      eip1559Denominator: baseFeeDenominator,
      eip1559DenominatorCanyon: baseFeeDenominator,
    },
  };
};
