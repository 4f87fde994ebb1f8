import { encodeFunctionData, type Hex } from "viem";
import { contractArtifact } from "./contract-artifact.ts";
import { batchInboxOf, type DeployConfig, type DeployRoles } from "./deploy-config.ts";
import { type L1Plan, PERMISSIONED_GAME_TYPE, type ProxiedName, proxiedArtifact } from "./l1-plan.ts";

/** Calls of `initialize`, by proxy. */
export interface Initialisations {
  /** Those that need nothing of L2. */
  readonly first: Readonly<Partial<Record<ProxiedName, Hex>>>;
  readonly anchorStateRegistry: (outputRoot: Hex) => Hex;
  readonly optimismPortal: Hex;
}

interface Choices {
  readonly config: DeployConfig;
  readonly roles: DeployRoles;
  readonly plan: L1Plan;
}

/** The market for deposited gas of OP Stack chains: `ResourceConfig`. */
const RESOURCE_MARKET = {
  maxResourceLimit: 20_000_000,
  elasticityMultiplier: 10,
  baseFeeMaxChangeDenominator: 8,
  minimumBaseFee: 1_000_000_000,
  systemTxMaxGas: 1_000_000,
  maximumBaseFee: 2n ** 128n - 1n,
} as const;

export const initialisations = (choices: Choices): Initialisations => {
  const { addresses } = choices.plan;
  const { systemConfig, l1CrossDomainMessenger: messenger, optimismPortal, anchorStateRegistry } = addresses;
  return {
    first: {
      // The deploying account sets up the game types before it hands the factory over.
      disputeGameFactory: initialize("disputeGameFactory", [choices.plan.deployer]),
      l1CrossDomainMessenger: initialize("l1CrossDomainMessenger", [systemConfig, optimismPortal]),
      l1StandardBridge: initialize("l1StandardBridge", [messenger, systemConfig]),
      l1ERC721Bridge: initialize("l1ERC721Bridge", [messenger, systemConfig]),
      optimismMintableERC20Factory: initialize("optimismMintableERC20Factory", [addresses.l1StandardBridge]),
      systemConfig: initialize("systemConfig", [settings(choices), RESOURCE_MARKET, addresses]),
    },
    anchorStateRegistry: (root) =>
      initialize("anchorStateRegistry", [
        ...[systemConfig, addresses.disputeGameFactory, { root, l2SequenceNumber: 0n }, PERMISSIONED_GAME_TYPE],
      ]),
    optimismPortal: initialize("optimismPortal", [systemConfig, anchorStateRegistry]),
  };
};

const initialize = (name: ProxiedName, args: readonly unknown[]): Hex =>
  encodeFunctionData({ abi: contractArtifact(proxiedArtifact(name)).abi, functionName: "initialize", args });

/** `SystemConfig.Settings`. */
const settings = ({ config, roles }: Choices): object => ({
  ...{ owner: roles.owner, guardian: roles.guardian, batcher: roles.batcher, unsafeBlockSigner: roles.sequencer },
  batchInbox: batchInboxOf(config.chainId),
  gasLimit: BigInt(config.gasLimit),
  basefeeScalar: config.fees.baseFeeScalar,
  blobbasefeeScalar: config.fees.blobBaseFeeScalar,
  eip1559Denominator: config.fees.eip1559Denominator,
  eip1559Elasticity: config.fees.eip1559Elasticity,
  operatorFeeScalar: config.fees.operatorFeeScalar,
  operatorFeeConstant: BigInt(config.fees.operatorFeeConstant),
  l2ChainId: BigInt(config.chainId),
});
