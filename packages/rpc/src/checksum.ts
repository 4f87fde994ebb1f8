import { data } from "./hex.ts";
import { keccak256 } from "./keccak.ts";

/** EIP-55 mixed-case form of an address. */
export const checksumAddress = (address: Uint8Array): string => {
  const digits = data(address).slice(2);
  const hash = data(keccak256(Buffer.from(digits, "latin1"))).slice(2);
  let text = "0x";
  for (let i = 0; i < digits.length; i++) {
    const digit = digits[i] as string;
    text += Number.parseInt(hash[i] as string, 16) >= 8 ? digit.toUpperCase() : digit;
  }
  return text;
};
