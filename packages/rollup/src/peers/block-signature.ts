import { type Address, bytesToHex, concat, type Hex, hexToBytes, keccak256, numberToHex, zeroHash } from "viem";
import { recoverAddress } from "viem/utils";

/** r ‖ s ‖ parity of y. */
export const SIGNATURE_BYTES = 65;
const RECOVERY_OFFSET = 27;

/** Signs a hash; answers with r ‖ s ‖ v in hex. */
export type SignHash = (hash: Hex) => Promise<Hex>;

/** What is signed: keccak(domain ‖ chain id ‖ keccak(payload)), the domain being zero. OP Stack, rollup-node p2p: "Block signatures". */
export const signingHash = (chainId: bigint, payload: Uint8Array): Hex =>
  keccak256(concat([zeroHash, numberToHex(chainId, { size: 32 }), keccak256(payload)]));

/** @returns 65 bytes */
export const signPayload = async (sign: SignHash, chainId: bigint, payload: Uint8Array): Promise<Uint8Array> => {
  const signature = hexToBytes(await sign(signingHash(chainId, payload)));
  if (signature[64]! >= RECOVERY_OFFSET) signature[64]! -= RECOVERY_OFFSET;
  return signature;
};

/** Who signed, in lower case; `undefined` when that is no signature. */
export const payloadSigner = async (
  chainId: bigint,
  payload: Uint8Array,
  signature: Uint8Array,
): Promise<Address | undefined> => {
  const yParity = signature[64]!;
  if (signature.length !== SIGNATURE_BYTES || yParity > 1) return undefined;
  const [r, s] = [bytesToHex(signature.subarray(0, 32)), bytesToHex(signature.subarray(32, 64))];
  try {
    const signer = await recoverAddress({ hash: signingHash(chainId, payload), signature: { r, s, yParity } });
    return signer.toLowerCase() as Address;
  } catch {
    return undefined;
  }
};
