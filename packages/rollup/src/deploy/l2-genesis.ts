import {
  type AccountOverride,
  encodeRlp,
  type GenesisBlock,
  Kernel,
  keccak256,
  presetConfig,
  Trie,
} from "@hyperion/kernel";
import { bytesToHex, concat, type Hex, hexToBytes, numberToHex, trim } from "viem";
import { type GenesisAccount, l2Alloc } from "./l2-alloc.ts";
import type { L2GenesisOptions } from "./l2-genesis-options.ts";
import { PREDEPLOY_ADDRESSES } from "./predeploys.ts";
import type { StorageWords } from "./storage-words.ts";

/** Block 0 of L2. */
export interface L2Genesis {
  readonly block: GenesisBlock;
  readonly hash: Hex;
  readonly stateRoot: Hex;
  /** Of the message passer, as in the header's `withdrawalsRoot` (Isthmus). */
  readonly messagePasserStorageRoot: Hex;
}

/** sha256 of nothing: L2 has no execution requests (EIP-7685). */
const NO_REQUESTS = hexToBytes("0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
const HOLOCENE_VERSION = 0;
const JOVIAN_VERSION = 1;

/** Builds block 0 of L2 from the compiled predeploys and hashes it with the kernel. */
export const createL2Genesis = async (options: L2GenesisOptions): Promise<L2Genesis> => {
  const accounts = l2Alloc(options);
  const passer = accounts.find(({ address }) => address === PREDEPLOY_ADDRESSES.messagePasser)!;
  const withdrawalsRoot = storageRoot(passer.storage);
  const block: GenesisBlock = { header: header(options, withdrawalsRoot), alloc: accounts.map(toAlloc) };

  const config = presetConfig("Prague", BigInt(options.chainId));
  if (!config) throw new Error("the Prague rules are missing from the kernel");
  const kernel = await Kernel.create({ config, oracle: { preimage: () => undefined, blockHash: () => undefined } });
  const sealed = kernel.genesis(block);
  return {
    block,
    hash: bytesToHex(sealed.hash),
    stateRoot: bytesToHex(sealed.header.stateRoot),
    messagePasserStorageRoot: bytesToHex(withdrawalsRoot),
  };
};

const header = (options: L2GenesisOptions, withdrawalsRoot: Uint8Array): GenesisBlock["header"] => ({
  parentHash: new Uint8Array(32),
  coinbase: hexToBytes(PREDEPLOY_ADDRESSES.sequencerFeeVault),
  difficulty: 0n,
  number: 0n,
  gasLimit: options.gasLimit,
  gasUsed: 0n,
  timestamp: options.timestamp,
  extraData: hexToBytes(extraData(options)),
  mixHash: new Uint8Array(32),
  nonce: new Uint8Array(8),
  baseFeePerGas: options.baseFee,
  withdrawalsRoot,
  blobGasUsed: 0n,
  excessBlobGas: 0n,
  parentBeaconBlockRoot: new Uint8Array(32),
  requestsHash: NO_REQUESTS,
});

/** Holocene: version ‖ denominator ‖ elasticity; Jovian adds the least base fee, zero at genesis. */
const extraData = ({ eip1559, jovian }: L2GenesisOptions): Hex =>
  concat([
    numberToHex(jovian ? JOVIAN_VERSION : HOLOCENE_VERSION, { size: 1 }),
    numberToHex(eip1559.denominator, { size: 4 }),
    numberToHex(eip1559.elasticity, { size: 4 }),
    ...(jovian ? [numberToHex(0, { size: 8 })] : []),
  ]);

const storageRoot = (storage: StorageWords): Uint8Array => {
  const trie = new Trie();
  for (const [slot, word] of storage) trie.set(keccak256(hexToBytes(slot)), encodeRlp(hexToBytes(trim(word))));
  return trie.root();
};

const toAlloc = ({ address, balance, nonce, code, storage }: GenesisAccount): GenesisBlock["alloc"][number] => {
  const state = [...storage].map(([slot, word]) => [hexToBytes(slot), hexToBytes(word)] as const);
  const account: AccountOverride = { balance, nonce, code: hexToBytes(code), state };
  return [hexToBytes(address), account];
};
