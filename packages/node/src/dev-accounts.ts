import { bytesToHex } from "viem";
import { type HDAccount, mnemonicToAccount } from "viem/accounts";

/** The phrase every Ethereum development tool knows; whoever reads this can spend from its accounts. */
export const DEV_MNEMONIC = "test test test test test test test test test test test junk";

export interface DevAccount {
  readonly address: `0x${string}`;
  readonly privateKey: `0x${string}`;
}

/** Public development accounts at m/44'/60'/0'/0/i (BIP-44). Never fund them on a chain that matters. */
export const devAccounts = (count: number): DevAccount[] =>
  Array.from({ length: count }, (_, index) => {
    const account = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: index });
    const privateKey = account.getHdKey().privateKey;
    if (!privateKey) throw new Error(`no private key at index ${index}`);
    return { address: account.address, privateKey: bytesToHex(privateKey) };
  });

/** Who runs a development rollup: accounts of the same phrase, beyond those that people are given. */
export type DevRoles = Readonly<Record<"owner" | "batcher" | "proposer", HDAccount>>;

const FIRST_ROLE = 100_000;

export const devRoles = (): DevRoles => {
  const account = (index: number): HDAccount => mnemonicToAccount(DEV_MNEMONIC, { addressIndex: FIRST_ROLE + index });
  return { owner: account(0), batcher: account(1), proposer: account(2) };
};
