/** What a rollup charges a signed transaction besides gas, at least. */
export interface RollupPrices {
  /** Wei. */
  readonly fixed: bigint;
  /** Wei per million gas. */
  readonly perMillionGas: bigint;
}

/** The contract of a rollup that holds what L1 and its operator ask for. */
export const L1_BLOCK: Uint8Array = Buffer.from("4200000000000000000000000000000000000015", "hex");

const BASE_FEE_SLOT = 1;
const SCALARS_SLOT = 3;
const BLOB_BASE_FEE_SLOT = 7;
const OPERATOR_SLOT = 8;
/** Fjord: no transaction counts as fewer millionths of a byte. */
const LEAST_SIZE = 100_000_000n;
const FEE_DIVISOR = 10n ** 12n;
const CALLDATA_GAS = 16n;
const JOVIAN_OPERATOR_FACTOR = 100_000_000n;

/**
 * L1 data fee (Fjord) of a transaction that compresses as well as can be, and operator fee (Isthmus, Jovian). What one pays
 * exactly the kernel finds when it executes it.
 *
 * @param storage of `L1_BLOCK`
 */
export const leastRollupPrices = (isJovian: boolean, storage: (slot: Uint8Array) => Uint8Array): RollupPrices => {
  const word = (slot: number): bigint => {
    const key = new Uint8Array(32);
    key[31] = slot;
    return BigInt(`0x${Buffer.from(storage(key)).toString("hex")}`);
  };
  const scalars = word(SCALARS_SLOT);
  const [blobBaseFeeScalar, baseFeeScalar] = [bits(scalars, 64n, 32n), bits(scalars, 96n, 32n)];
  const perByte = CALLDATA_GAS * baseFeeScalar * word(BASE_FEE_SLOT) + blobBaseFeeScalar * word(BLOB_BASE_FEE_SLOT);
  const operator = word(OPERATOR_SLOT);
  return {
    fixed: (LEAST_SIZE * perByte) / FEE_DIVISOR + bits(operator, 0n, 64n),
    perMillionGas: bits(operator, 64n, 32n) * (isJovian ? JOVIAN_OPERATOR_FACTOR : 1n),
  };
};

const bits = (word: bigint, from: bigint, count: bigint): bigint => (word >> from) & ((1n << count) - 1n);
