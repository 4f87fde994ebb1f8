import type { Address } from "viem";
import type { L2GenesisOptions } from "./l2-genesis-options.ts";
import type { StateValues } from "./storage-words.ts";

/** A contract of L2 at a fixed address. */
export interface Predeploy {
  readonly name: string;
  /** Artifact in `@hyperion/contracts`. */
  readonly artifact: string;
  readonly address: Address;
  /** Behind a proxy of the L2 proxy admin; otherwise the code itself lies there and can never change. */
  readonly upgradeable: boolean;
  /** Has an initialiser, which genesis leaves used up. */
  readonly initialisable: boolean;
  readonly state: (options: L2GenesisOptions) => StateValues;
}

export const PREDEPLOY_ADDRESSES = {
  weth: "0x4200000000000000000000000000000000000006",
  crossDomainMessenger: "0x4200000000000000000000000000000000000007",
  gasPriceOracle: "0x420000000000000000000000000000000000000f",
  standardBridge: "0x4200000000000000000000000000000000000010",
  sequencerFeeVault: "0x4200000000000000000000000000000000000011",
  mintableErc20Factory: "0x4200000000000000000000000000000000000012",
  erc721Bridge: "0x4200000000000000000000000000000000000014",
  l1Block: "0x4200000000000000000000000000000000000015",
  messagePasser: "0x4200000000000000000000000000000000000016",
  mintableErc721Factory: "0x4200000000000000000000000000000000000017",
  proxyAdmin: "0x4200000000000000000000000000000000000018",
  baseFeeVault: "0x4200000000000000000000000000000000000019",
  l1FeeVault: "0x420000000000000000000000000000000000001a",
  operatorFeeVault: "0x420000000000000000000000000000000000001b",
  /** Named by the inference precompile's rules. */
  modelRegistry: "0x4200000000000000000000000000000000000999",
  /** Where every client looks for it first. */
  multicall3: "0xca11bde05977b3631167028862be2a173976ca11",
} as const;

const { crossDomainMessenger: messenger, standardBridge, erc721Bridge } = PREDEPLOY_ADDRESSES;

/** `CrossDomainMessenger.NO_SENDER`. */
const NO_SENDER = "0x000000000000000000000000000000000000dead";
const NETWORKS = { l1: 0n, l2: 1n } as const;

/** Seconds that nodes have to fetch a registered model. */
const MODEL_DELAY = 86_400n;

const nothing = (): StateValues => ({});

const vaultState =
  (vault: keyof L2GenesisOptions["feeVaults"]) =>
  ({ feeVaults }: L2GenesisOptions): StateValues => {
    const { recipient, minimum, network } = feeVaults[vault];
    return { recipient, minWithdrawalAmount: minimum, withdrawalNetwork: NETWORKS[network] };
  };

const fixed = (name: keyof typeof PREDEPLOY_ADDRESSES, artifact: string): Predeploy => ({
  ...{ name, artifact, address: PREDEPLOY_ADDRESSES[name] },
  ...{ upgradeable: false, initialisable: false, state: nothing },
});

const upgradeable = (
  name: keyof typeof PREDEPLOY_ADDRESSES,
  artifact: string,
  state: Predeploy["state"] = nothing,
): Predeploy => ({ ...fixed(name, artifact), upgradeable: true, state });

const initialised = (...parameters: Parameters<typeof upgradeable>): Predeploy => ({
  ...upgradeable(...parameters),
  initialisable: true,
});

/** Everything of Hyperion that L2 starts with. */
export const PREDEPLOYS: readonly Predeploy[] = [
  fixed("weth", "l2/WETH9"),
  fixed("multicall3", "multicall/Multicall3"),
  initialised("crossDomainMessenger", "l2/L2CrossDomainMessenger", ({ l1 }) => ({
    currentSender: NO_SENDER,
    otherMessenger: l1.crossDomainMessenger,
  })),
  initialised("standardBridge", "l2/L2StandardBridge", ({ l1 }) => ({ messenger, otherBridge: l1.standardBridge })),
  initialised("erc721Bridge", "l2/L2ERC721Bridge", ({ l1 }) => ({ messenger, otherBridge: l1.erc721Bridge })),
  initialised("mintableErc20Factory", "bridge/OptimismMintableERC20Factory", () => ({ bridge: standardBridge })),
  initialised("mintableErc721Factory", "bridge/OptimismMintableERC721Factory", ({ l1 }) => ({
    bridge: erc721Bridge,
    remoteChainID: BigInt(l1.chainId),
  })),
  upgradeable("l1Block", "l2/L1Block"),
  upgradeable("gasPriceOracle", "l2/GasPriceOracle", ({ jovian }) => ({ isJovian: jovian })),
  upgradeable("messagePasser", "l2/L2ToL1MessagePasser"),
  upgradeable("proxyAdmin", "proxy/ProxyAdmin", ({ proxyAdminOwner }) => ({ _owner: proxyAdminOwner })),
  upgradeable("sequencerFeeVault", "l2/SequencerFeeVault", vaultState("sequencer")),
  upgradeable("baseFeeVault", "l2/BaseFeeVault", vaultState("baseFee")),
  upgradeable("l1FeeVault", "l2/L1FeeVault", vaultState("l1Fee")),
  upgradeable("operatorFeeVault", "l2/OperatorFeeVault", vaultState("operatorFee")),
  upgradeable("modelRegistry", "ai/ModelRegistry", ({ proxyAdminOwner }) => ({
    _owner: proxyAdminOwner,
    delay: MODEL_DELAY,
  })),
];
