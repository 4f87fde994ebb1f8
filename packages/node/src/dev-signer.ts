import type { DevSigner } from "@hyperion/rpc";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToBigInt, hexToBytes } from "viem";
import type { DevAccount } from "./dev-accounts.ts";

/** Signs for a public development account, so that eth_sendTransaction works as on other development chains. */
export const devSigner = (account: DevAccount): DevSigner => {
  const key = hexToBytes(account.privateKey);
  return {
    address: hexToBytes(account.address),
    sign: (digest) => {
      const signature = secp256k1.sign(digest, key, { prehash: false, lowS: true, format: "recovered" });
      return {
        yParity: signature[0] === 1 ? 1 : 0,
        r: bytesToBigInt(signature.subarray(1, 33)),
        s: bytesToBigInt(signature.subarray(33, 65)),
      };
    },
  };
};
