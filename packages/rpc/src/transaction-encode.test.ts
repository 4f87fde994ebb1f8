import { describe, expect, it } from "vitest";
import { data } from "./hex.ts";
import { keccak256 } from "./keccak.ts";
import { encodeSigned, signingPayload } from "./transaction-encode.ts";

/** The example of EIP-155. */
const transaction = {
  nonce: 9n,
  gasPrice: 20_000_000_000n,
  gas: 21_000n,
  to: Buffer.alloc(20, 0x35),
  value: 10n ** 18n,
};

describe("transaction encoding", () => {
  it("gives the signing hash of EIP-155's example", () => {
    expect(data(keccak256(signingPayload(transaction, 1n)))).toBe(
      "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53",
    );
  });

  it("gives the signed transaction of EIP-155's example", () => {
    const signature = {
      r: 0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276n,
      s: 0x67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83n,
      yParity: 0 as const,
    };
    expect(data(encodeSigned(transaction, 1n, signature))).toBe(
      "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83",
    );
  });
});
