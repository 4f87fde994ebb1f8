import { pbkdf2Sync } from "node:crypto";
import { bytesToHex, type Hex } from "viem";
import { HDKey, type PrivateKeyAccount, privateKeyToAccount, privateKeyToAddress } from "viem/accounts";

/** The phrase every Ethereum development tool knows; whoever reads this can spend from its accounts. */
export const DEV_MNEMONIC = "test test test test test test test test test test test junk";

/** What BIP-39 makes of a phrase without a password. */
const SEED = { salt: "mnemonic", iterations: 2048, bytes: 64, digest: "sha512" } as const;

export interface DevAccount {
  readonly address: `0x${string}`;
  readonly privateKey: `0x${string}`;
}

/** Public development accounts at m/44'/60'/0'/0/i (BIP-44). Never fund them on a chain that matters. */
export const devAccounts = (count: number): DevAccount[] => {
  const keyAt = devKeys();
  return Array.from({ length: count }, (_, index) => {
    const privateKey = keyAt(index);
    return { address: privateKeyToAddress(privateKey), privateKey };
  });
};

const devKeys = (): ((index: number) => Hex) => {
  const seed = pbkdf2Sync(DEV_MNEMONIC, SEED.salt, SEED.iterations, SEED.bytes, SEED.digest);
  const parent = HDKey.fromMasterSeed(seed).derive("m/44'/60'/0'/0");
  return (index) => {
    const key = parent.deriveChild(index).privateKey;
    if (!key) throw new Error(`no private key at index ${index}`);
    return bytesToHex(key);
  };
};

/** Who runs a development rollup: accounts of the same phrase, beyond those that people are given. */
export type DevRoles = Readonly<Record<"deployer" | "batcher" | "proposer", PrivateKeyAccount>>;

const FIRST_ROLE = 100_000;

export const devRoles = (): DevRoles => {
  const keyAt = devKeys();
  const account = (index: number): PrivateKeyAccount => privateKeyToAccount(keyAt(FIRST_ROLE + index));
  return { deployer: account(0), batcher: account(1), proposer: account(2) };
};
