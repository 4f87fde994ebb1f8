import { readFileSync } from "node:fs";
import { type Hex, isHex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { ConfigError } from "./config/load.ts";

export interface KeySource {
  /** File that holds the key in hex; the environment variable otherwise. */
  readonly file?: string | undefined;
  readonly variable: string;
  /** That names the file. Default `--key-file`. */
  readonly flag?: string;
}

/**
 * Keys are no flags: command lines can be read by other users of the machine. Neither is the key part of any message.
 *
 * @throws ConfigError
 */
export const readPrivateKey = ({ file, variable, flag = "--key-file" }: KeySource): PrivateKeyAccount => {
  const text = (file ? readKeyFile(file) : (process.env[variable] ?? "")).trim();
  const key = text.startsWith("0x") ? text : `0x${text}`;
  if (isHex(key) && key.length === 66) return toAccount(key);
  throw new ConfigError(`No private key. Set ${variable} to 32 bytes in hex, or name a file with ${flag}.`);
};

const readKeyFile = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfigError(`The key file ${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
};

const toAccount = (key: Hex): PrivateKeyAccount => {
  try {
    return privateKeyToAccount(key);
  } catch {
    throw new ConfigError("The private key is none of the curve secp256k1.");
  }
};
