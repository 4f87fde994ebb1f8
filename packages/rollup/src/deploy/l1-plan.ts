import {
  type Address,
  concat,
  encodeDeployData,
  getCreate2Address,
  type Hex,
  keccak256,
  numberToHex,
  toHex,
  zeroHash,
} from "viem";
import { contractArtifact } from "./contract-artifact.ts";
import { CREATE2_FACTORY } from "./create2-factory.ts";
import type { DeployConfig, DeployRoles } from "./deploy-config.ts";

/** A contract to be created through the CREATE2 factory. */
export interface Creation {
  readonly name: string;
  readonly address: Address;
  readonly salt: Hex;
  readonly initCode: Hex;
}

/** Contracts of L1 that others talk to, by name: proxies where there is one. */
export interface L1Addresses {
  readonly proxyAdmin: Address;
  readonly systemConfig: Address;
  readonly optimismPortal: Address;
  readonly anchorStateRegistry: Address;
  readonly disputeGameFactory: Address;
  readonly l1CrossDomainMessenger: Address;
  readonly l1StandardBridge: Address;
  readonly l1ERC721Bridge: Address;
  readonly optimismMintableERC20Factory: Address;
  readonly permissionedGame: Address;
}

export type ProxiedName = Exclude<keyof L1Addresses, "proxyAdmin" | "permissionedGame">;

/** Where everything will be, before anything is. */
export interface L1Plan {
  readonly deployer: Address;
  readonly addresses: L1Addresses;
  readonly implementations: Readonly<Record<ProxiedName, Address>>;
  readonly creations: readonly Creation[];
}

/** `IDisputeGame.gameType` of the permissioned game; the permissionless one is 0. */
export const PERMISSIONED_GAME_TYPE = 1;

const ARTIFACTS: Readonly<Record<ProxiedName, string>> = {
  systemConfig: "l1/SystemConfig",
  optimismPortal: "l1/OptimismPortal",
  anchorStateRegistry: "l1/dispute/AnchorStateRegistry",
  disputeGameFactory: "l1/dispute/DisputeGameFactory",
  l1CrossDomainMessenger: "l1/L1CrossDomainMessenger",
  l1StandardBridge: "l1/L1StandardBridge",
  l1ERC721Bridge: "l1/L1ERC721Bridge",
  optimismMintableERC20Factory: "bridge/OptimismMintableERC20Factory",
};
export const PROXIED: readonly ProxiedName[] = Object.keys(ARTIFACTS) as ProxiedName[];

export const proxiedArtifact = (name: ProxiedName): string => ARTIFACTS[name];

/** Plans the contracts of one deployment. Addresses follow from the salt, the choices and the deploying account alone. */
export const planL1 = (config: DeployConfig, roles: DeployRoles, deployer: Address, salt: bigint): L1Plan => {
  const { bridge } = config;
  const planned = (name: string, artifact: string, args: readonly unknown[]): Creation =>
    creation(name, artifact, args, keccak256(concat([numberToHex(salt, { size: 32 }), toHex(name)])));

  const admin = planned("proxyAdmin", "proxy/ProxyAdmin", [deployer]);
  const proxies = PROXIED.map((name) => planned(name, "proxy/Proxy", [admin.address]));
  const constructorArguments: Partial<Record<ProxiedName, readonly unknown[]>> = {
    optimismPortal: [BigInt(bridge.proofMaturitySeconds)],
    anchorStateRegistry: [BigInt(bridge.gameFinalitySeconds)],
  };
  const implementations = PROXIED.map((name) =>
    planned(`${name} implementation`, ARTIFACTS[name], constructorArguments[name] ?? []),
  );
  const proxyAddresses = addressesByName(proxies);
  const game = planned("permissionedGame", "l1/dispute/PermissionedProposalGame", [
    ...[PERMISSIONED_GAME_TYPE, BigInt(bridge.maxClockSeconds), proxyAddresses.anchorStateRegistry],
    ...[roles.proposer, roles.challenger],
  ]);
  return {
    deployer,
    addresses: { ...proxyAddresses, proxyAdmin: admin.address, permissionedGame: game.address },
    implementations: addressesByName(implementations),
    creations: [admin, ...proxies, ...implementations, game],
  };
};

/** `Multicall3` for an L1 that lacks the canonical one: the same for every deployment. */
export const multicallCreation = (): Creation => creation("multicall3", "multicall/Multicall3", [], zeroHash);

const creation = (name: string, artifact: string, args: readonly unknown[], salt: Hex): Creation => {
  const { abi, bytecode } = contractArtifact(artifact);
  const initCode = encodeDeployData({ abi, bytecode, args });
  return { name, salt, initCode, address: getCreate2Address({ from: CREATE2_FACTORY, salt, bytecode: initCode }) };
};

const addressesByName = (creations: readonly Creation[]): Readonly<Record<ProxiedName, Address>> =>
  Object.fromEntries(PROXIED.map((name, i) => [name, creations[i]!.address])) as Record<ProxiedName, Address>;
