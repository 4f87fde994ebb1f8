import { GENESIS_CONTRACTS } from "@hyperion/chain";
import { type AccountOverride, type ChainConfig, type GenesisBlock, presetConfig } from "@hyperion/kernel";
import { modelRegistryAccount } from "@hyperion/rollup";
import { hexToBytes, zeroAddress } from "viem";
import type { NodeConfig } from "./config/schema.ts";
import type { DevAccount } from "./dev-accounts.ts";

const WEI_PER_ETH = 10n ** 18n;
const INITIAL_BASE_FEE = 1_000_000_000n;
const EMPTY_TRIE_ROOT = hexToBytes("0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
/** sha256 of nothing, EIP-7685. */
const NO_REQUESTS = hexToBytes("0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

/** Rules of a development chain: Osaka from genesis on, with the inference precompile when there is a model. */
export const devChainConfig = (config: NodeConfig, modelRoot: Uint8Array | undefined): ChainConfig => {
  const preset = presetConfig("Osaka", BigInt(config.chain.id));
  if (!preset) throw new Error("the Osaka rules are missing from the kernel");
  return modelRoot ? { ...preset, inference: { defaultModel: modelRoot } } : preset;
};

/** Genesis of a development chain: funded accounts, of which the first owns the registry of models, system contracts, deterministic for one configuration. */
export const devGenesis = (config: NodeConfig, accounts: readonly DevAccount[]): GenesisBlock => {
  const balance = BigInt(config.accounts.balanceEth) * WEI_PER_ETH;
  const funded = accounts.map((account): [Uint8Array, AccountOverride] => [hexToBytes(account.address), { balance }]);
  const contracts = GENESIS_CONTRACTS.map((contract): [Uint8Array, AccountOverride] => [
    hexToBytes(contract.address),
    { nonce: 1n, code: hexToBytes(contract.code) },
  ]);
  const registry = modelRegistryAccount(accounts[0]?.address ?? zeroAddress);
  const registryState: AccountOverride = {
    nonce: registry.nonce,
    code: hexToBytes(registry.code),
    state: [...registry.storage].map(([slot, value]) => [hexToBytes(slot), hexToBytes(value)] as const),
  };
  return {
    header: {
      parentHash: new Uint8Array(32),
      coinbase: new Uint8Array(20),
      difficulty: 0n,
      number: 0n,
      gasLimit: BigInt(config.chain.gasLimit),
      gasUsed: 0n,
      timestamp: 0n,
      extraData: new Uint8Array(0),
      mixHash: new Uint8Array(32),
      nonce: new Uint8Array(8),
      baseFeePerGas: INITIAL_BASE_FEE,
      withdrawalsRoot: EMPTY_TRIE_ROOT,
      blobGasUsed: 0n,
      excessBlobGas: 0n,
      parentBeaconBlockRoot: new Uint8Array(32),
      requestsHash: NO_REQUESTS,
    },
    alloc: [...contracts, [hexToBytes(registry.address), registryState], ...funded],
  };
};
