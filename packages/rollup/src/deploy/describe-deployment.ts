import { type Address, type Hex, keccak256, toHex } from "viem";
import { CHANNEL_TIMEOUT, MAX_SEQUENCER_DRIFT, type RollupConfig } from "../config/rollup-config.ts";
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

const rollupConfig = (choices: Choices & { readonly genesis: L2Genesis }): RollupConfig => {
  const { config, roles, plan, origin, genesis } = choices;
  const { fees, derivation } = config;
  return {
    genesis: {
      l1: { number: origin.number, hash: origin.hash },
      l2: { number: 0n, hash: genesis.hash },
      l2Time: origin.timestamp,
      systemConfig: {
        batcher: lower(roles.batcher),
        gasLimit: BigInt(config.gasLimit),
        baseFeeScalar: fees.baseFeeScalar,
        blobBaseFeeScalar: fees.blobBaseFeeScalar,
        eip1559Denominator: fees.eip1559Denominator,
        eip1559Elasticity: fees.eip1559Elasticity,
        operatorFeeScalar: fees.operatorFeeScalar,
        operatorFeeConstant: BigInt(fees.operatorFeeConstant),
        ...{ minBaseFee: 0n, daFootprintGasScalar: 0 },
      },
    },
    blockTime: BigInt(derivation.blockTimeSeconds),
    maxSequencerDrift: MAX_SEQUENCER_DRIFT,
    sequencingWindow: BigInt(derivation.sequencerWindowBlocks),
    channelTimeout: CHANNEL_TIMEOUT,
    l1ChainId: BigInt(choices.l1ChainId),
    l2ChainId: BigInt(config.chainId),
    batchInbox: lower(batchInboxOf(config.chainId)),
    portal: lower(plan.addresses.optimismPortal),
    systemConfigAddress: lower(plan.addresses.systemConfig),
    baseFeeDenominator: fees.eip1559Denominator,
    elasticity: fees.eip1559Elasticity,
    ...(config.jovian && { jovianTime: 0n }),
    ...(config.derivation.altDa !== "none" && { altDa: { kind: config.derivation.altDa } }),
  };
};

const lower = (address: Address): Address => address.toLowerCase() as Address;

/** Hash of the accounts in ascending order, each with balance, nonce, code and storage as JSON. */
const allocHash = (options: L2GenesisOptions): Hex => {
  const accounts = l2Alloc(options).map(({ address, balance, nonce, code, storage }) => ({
    ...{ address: address.toLowerCase(), balance: `${balance}`, nonce: `${nonce}`, code },
    storage: [...storage].sort(([left], [right]) => (left < right ? -1 : 1)),
  }));
  return keccak256(toHex(JSON.stringify(accounts)));
};
