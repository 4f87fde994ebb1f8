import { GENESIS_CONTRACTS } from "@hyperion/chain";
import { type Address, concat, type Hex, hexToBigInt, keccak256, numberToHex, pad, toHex } from "viem";
import { contractArtifact } from "./contract-artifact.ts";
import type { L2GenesisOptions } from "./l2-genesis-options.ts";
import { PREDEPLOY_ADDRESSES, PREDEPLOYS, type Predeploy } from "./predeploys.ts";
import { type StorageWords, storageWords } from "./storage-words.ts";

/** An account of a genesis state. */
export interface GenesisAccount {
  readonly address: Address;
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly code: Hex;
  readonly storage: StorageWords;
}

/** ERC-1967. */
const proxySlot = (name: string): Hex =>
  numberToHex(hexToBigInt(keccak256(toHex(`eip1967.proxy.${name}`))) - 1n, { size: 32 });
export const IMPLEMENTATION_SLOT: Hex = proxySlot("implementation");
const ADMIN_SLOT = proxySlot("admin");
/** ERC-7201 slot of OpenZeppelin's Initializable: how often a contract was initialised. */
const INITIALISED_SLOT: Hex = "0xf0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00";
const ONCE = numberToHex(1, { size: 32 });
const NEVER_AGAIN = numberToHex(2n ** 64n - 1n, { size: 32 });

/** Implementations lie where other OP Stack chains have them: this prefix and the last two bytes of the proxy. */
const IMPLEMENTATION_PREFIX: Hex = "0xc0d3c0d3c0d3c0d3c0d3c0d3c0d3c0d3c0d3";

/** System contracts that the rules of L2 call, or that tools expect; the request contracts belong to L1. */
const L2_SYSTEM_CONTRACTS = new Set<string>(["beaconRoots", "blockHashes", "create2Factory"]);

/** @returns every account that the L2 genesis has, in ascending order of addresses */
export const l2Alloc = (options: L2GenesisOptions): readonly GenesisAccount[] => {
  const system = GENESIS_CONTRACTS.filter(({ name }) => L2_SYSTEM_CONTRACTS.has(name)).map(({ address, code }) =>
    contractAccount(address, code, new Map()),
  );
  const funded = (options.funded ?? []).map(({ address, wei }): GenesisAccount => {
    return { address, balance: wei, nonce: 0n, code: "0x", storage: new Map() };
  });
  const accounts = [...PREDEPLOYS.flatMap((predeploy) => predeployAccounts(predeploy, options)), ...system, ...funded];
  const sorted = accounts.toSorted((left, right) => (hexToBigInt(left.address) < hexToBigInt(right.address) ? -1 : 1));
  const twice = sorted.find(({ address }, i) => i > 0 && isSame(address, sorted[i - 1]!.address));
  if (twice) throw new RangeError(`${twice.address} occurs twice in the genesis state`);
  return sorted;
};

/** The registry of models alone, for development chains: registered models are callable at once. */
export const modelRegistryAccount = (owner: Address): GenesisAccount => {
  const { deployedBytecode, storageLayout } = contractArtifact("ai/ModelRegistry");
  return contractAccount(
    PREDEPLOY_ADDRESSES.modelRegistry,
    deployedBytecode,
    storageWords(storageLayout, { _owner: owner }),
  );
};

const isSame = (left: Address, right: Address): boolean => left.toLowerCase() === right.toLowerCase();

const predeployAccounts = (predeploy: Predeploy, options: L2GenesisOptions): readonly GenesisAccount[] => {
  const { deployedBytecode, immutables, storageLayout } = contractArtifact(predeploy.artifact);
  if (immutables > 0) throw new RangeError(`${predeploy.artifact} has immutables: its code is no predeploy`);
  const state = storageWords(storageLayout, predeploy.state(options));
  if (!predeploy.upgradeable) return [contractAccount(predeploy.address, deployedBytecode, state)];

  const implementation = implementationAddress(predeploy.address);
  const proxied = new Map([
    ...state,
    [IMPLEMENTATION_SLOT, pad(implementation)] as const,
    [ADMIN_SLOT, pad(PREDEPLOY_ADDRESSES.proxyAdmin)] as const,
  ]);
  if (predeploy.initialisable) proxied.set(INITIALISED_SLOT, ONCE);
  const locked: StorageWords = new Map(predeploy.initialisable ? [[INITIALISED_SLOT, NEVER_AGAIN]] : []);
  return [
    contractAccount(predeploy.address, contractArtifact("proxy/Proxy").deployedBytecode, proxied),
    contractAccount(implementation, deployedBytecode, locked),
  ];
};

const implementationAddress = (proxy: Address): Address =>
  concat([IMPLEMENTATION_PREFIX, toHex(hexToBigInt(proxy) & 0xffffn, { size: 2 })]);

/** Contracts have nonce 1 from their creation on, EIP-161. */
const contractAccount = (address: Address, code: Hex, storage: StorageWords): GenesisAccount => ({
  ...{ address, balance: 0n, nonce: 1n },
  ...{ code, storage },
});
