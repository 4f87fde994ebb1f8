import { pbkdf2Sync } from "node:crypto";
import { bytesToHex } from "viem";
import { HDKey, privateKeyToAddress } from "viem/accounts";

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
  const seed = pbkdf2Sync(DEV_MNEMONIC, SEED.salt, SEED.iterations, SEED.bytes, SEED.digest);
  const parent = HDKey.fromMasterSeed(seed).derive("m/44'/60'/0'/0");
  return Array.from({ length: count }, (_, index) => {
    const key = parent.deriveChild(index).privateKey;
    if (!key) throw new Error(`no private key at index ${index}`);
    const privateKey = bytesToHex(key);
    return { address: privateKeyToAddress(privateKey), privateKey };
  });
};
