import { bytesToHex } from "viem";
import { mnemonicToAccount } from "viem/accounts";

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
