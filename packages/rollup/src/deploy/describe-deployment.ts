import { type Address, concat, type Hex, keccak256, numberToHex, pad, toHex, zeroAddress, zeroHash } from "viem";
import { batchInboxOf, type DeployConfig, type DeployRoles } from "./deploy-config.ts";
import type { Deployment } from "./deployment.ts";
import { type L1Plan, PERMISSIONED_GAME_TYPE } from "./l1-plan.ts";
import { l2Alloc } from "./l2-alloc.ts";
import type { L2Genesis } from "./l2-genesis.ts";
import type { L2GenesisOptions } from "./l2-genesis-options.ts";

/** The L1 block that L2 begins at. */
export interface L1Origin {
  readonly number: bigint;
  readonly hash: Hex;
  /** Seconds. */
  readonly timestamp: bigint;
}

interface Choices {
  readonly config: DeployConfig;
  readonly roles: DeployRoles;
  readonly plan: L1Plan;
  readonly origin: L1Origin;
  readonly l1ChainId: number;
}

const INITIAL_BASE_FEE = 1_000_000_000n;
/** Ecotone's encoding of both fee scalars: version ‖ 0 ‖ blob base fee ‖ base fee. */
const SCALAR_VERSION = 1n << 248n;

export const l2GenesisOptions = (
  choices: Choices & {
    readonly l2Owner: Address;
    readonly funded: readonly { readonly address: Address; readonly wei: bigint }[];
  },
): L2GenesisOptions => {
  const { config, roles, plan, origin, l1ChainId, l2Owner, funded } = choices;
  const vault = { recipient: roles.feeRecipient, minimum: BigInt(config.fees.vaultMinimumWei), network: "l2" } as const;
  return {
    chainId: config.chainId,
    timestamp: origin.timestamp,
    gasLimit: BigInt(config.gasLimit),
    baseFee: INITIAL_BASE_FEE,
    eip1559: { denominator: config.fees.eip1559Denominator, elasticity: config.fees.eip1559Elasticity },
    jovian: config.jovian,
    l1: {
      chainId: l1ChainId,
      crossDomainMessenger: plan.addresses.l1CrossDomainMessenger,
      standardBridge: plan.addresses.l1StandardBridge,
      erc721Bridge: plan.addresses.l1ERC721Bridge,
    },
    proxyAdminOwner: l2Owner,
    feeVaults: { sequencer: vault, baseFee: vault, l1Fee: vault, operatorFee: vault },
    funded,
  };
};

export const describeDeployment = (
  choices: Choices & {
    readonly genesis: L2Genesis;
    readonly genesisOptions: L2GenesisOptions;
    readonly outputRoot: Hex;
    readonly multicall3: Address;
  },
): Deployment => {
  const { config, roles, plan, genesis, genesisOptions, outputRoot } = choices;
  const { proofMaturitySeconds, gameFinalitySeconds, maxClockSeconds, bondWei } = config.bridge;
  return {
    version: 1,
    l1ChainId: choices.l1ChainId,
    l2ChainId: config.chainId,
    addresses: { ...plan.addresses, multicall3: choices.multicall3 },
    roles,
    bridge: {
      ...{ proofMaturitySeconds, gameFinalitySeconds, maxClockSeconds },
      ...{ bondWei: BigInt(bondWei), gameType: PERMISSIONED_GAME_TYPE },
    },
    genesis: {
      ...{ l2Hash: genesis.hash, stateRoot: genesis.stateRoot, outputRoot },
      messagePasserStorageRoot: genesis.messagePasserStorageRoot,
      allocHash: allocHash(genesisOptions),
    },
    l2Genesis: { ...genesisOptions, funded: [...(genesisOptions.funded ?? [])] },
    rollup: rollupConfig(choices),
  };
};

const rollupConfig = (choices: Choices & { readonly genesis: L2Genesis }): Deployment["rollup"] => {
  const { config, plan, origin, genesis } = choices;
  const { fees, derivation } = config;
  const activeAtGenesis = {
    ...{ regolith_time: 0, canyon_time: 0, delta_time: 0, ecotone_time: 0 },
    ...{ fjord_time: 0, granite_time: 0, holocene_time: 0, isthmus_time: 0 },
  };
  return {
    genesis: {
      l1: { hash: origin.hash, number: Number(origin.number) },
      l2: { hash: genesis.hash, number: 0 },
      l2_time: Number(origin.timestamp),
      system_config: systemConfig(choices),
    },
    block_time: derivation.blockTimeSeconds,
    max_sequencer_drift: derivation.maxSequencerDriftSeconds,
    seq_window_size: derivation.sequencerWindowBlocks,
    channel_timeout: derivation.channelTimeoutBlocks,
    l1_chain_id: choices.l1ChainId,
    l2_chain_id: config.chainId,
    ...activeAtGenesis,
    ...(config.jovian ? { jovian_time: 0 } : {}),
    batch_inbox_address: batchInboxOf(config.chainId),
    deposit_contract_address: plan.addresses.optimismPortal,
    l1_system_config_address: plan.addresses.systemConfig,
    protocol_versions_address: zeroAddress,
    chain_op_config: {
      eip1559Elasticity: fees.eip1559Elasticity,
      eip1559Denominator: fees.eip1559Denominator,
      eip1559DenominatorCanyon: fees.eip1559Denominator,
    },
  };
};

const systemConfig = ({ config, roles }: Choices): Deployment["rollup"]["genesis"]["system_config"] => {
  const { fees } = config;
  const scalar = SCALAR_VERSION | (BigInt(fees.blobBaseFeeScalar) << 32n) | BigInt(fees.baseFeeScalar);
  const uint32 = (value: number): Hex => numberToHex(value, { size: 4 });
  return {
    batcherAddr: roles.batcher,
    overhead: zeroHash,
    scalar: numberToHex(scalar, { size: 32 }),
    gasLimit: config.gasLimit,
    eip1559Params: concat([uint32(fees.eip1559Denominator), uint32(fees.eip1559Elasticity)]),
    operatorFeeParams: pad(
      concat([uint32(fees.operatorFeeScalar), numberToHex(fees.operatorFeeConstant, { size: 8 })]),
    ),
  };
};

/** Hash of the accounts in ascending order, each with balance, nonce, code and storage as JSON. */
const allocHash = (options: L2GenesisOptions): Hex => {
  const accounts = l2Alloc(options).map(({ address, balance, nonce, code, storage }) => ({
    ...{ address: address.toLowerCase(), balance: `${balance}`, nonce: `${nonce}`, code },
    storage: [...storage].sort(([left], [right]) => (left < right ? -1 : 1)),
  }));
  return keccak256(toHex(JSON.stringify(accounts)));
};
