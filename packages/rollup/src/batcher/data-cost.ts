const TRANSACTION_GAS = 21_000n;
const GAS_PER_BLOB = 131_072n;
/** EIP-7623: a transaction that is all data pays its floor. */
const FLOOR_ZERO_BYTE = 10n;
const FLOOR_NONZERO_BYTE = 40n;

export interface L1Prices {
  readonly baseFee: bigint;
  readonly blobBaseFee: bigint;
}

/** Wei for one blob transaction that carries these payloads. */
export const blobCost = (payloads: readonly Uint8Array[], { baseFee, blobBaseFee }: L1Prices): bigint =>
  TRANSACTION_GAS * baseFee + BigInt(payloads.length) * GAS_PER_BLOB * blobBaseFee;

/** Wei for the same payloads as the calldata of a transaction each. */
export const calldataCost = (payloads: readonly Uint8Array[], { baseFee }: L1Prices): bigint => {
  const gas = payloads.reduce((sum, payload) => {
    const zeros = BigInt(payload.reduce((count, byte) => count + Number(byte === 0), 0));
    const nonzeros = BigInt(payload.length) - zeros;
    return sum + TRANSACTION_GAS + zeros * FLOOR_ZERO_BYTE + nonzeros * FLOOR_NONZERO_BYTE;
  }, 0n);
  return gas * baseFee;
};
