import type { AccountState, Header, Transaction, TransactionErrorCode } from "@hyperion/kernel";
import type { PoolErrorCode } from "./api.ts";
import { PoolError } from "./errors.ts";

/** EIP-4844's gas per blob. */
const BLOB_GAS = 131_072n;

/** The kernel's rules under the pool's names. */
const KERNEL_CODES: Readonly<Record<TransactionErrorCode, PoolErrorCode>> = {
  MALFORMED: "MALFORMED",
  TYPE_NOT_SUPPORTED: "TYPE_NOT_SUPPORTED",
  INVALID_SIGNATURE: "INVALID_SENDER",
  INVALID_CHAIN_ID: "INVALID_CHAIN_ID",
  NONCE_TOO_LOW: "NONCE_TOO_LOW",
  NONCE_TOO_HIGH: "NONCE_TOO_HIGH",
  NONCE_IS_MAX: "NONCE_IS_MAX",
  INSUFFICIENT_FUNDS: "INSUFFICIENT_FUNDS",
  INTRINSIC_GAS_TOO_LOW: "INTRINSIC_GAS",
  FLOOR_GAS_TOO_LOW: "FLOOR_GAS",
  GAS_LIMIT_EXCEEDS_MAXIMUM: "GAS_LIMIT_CAP",
  GAS_ALLOWANCE_EXCEEDED: "GAS_LIMIT",
  GAS_PRICE_BELOW_BASE_FEE: "FEE_CAP_BELOW_BASE_FEE",
  PRIORITY_FEE_ABOVE_MAX_FEE: "TIP_ABOVE_FEE_CAP",
  SENDER_NOT_EOA: "SENDER_NOT_EOA",
  INITCODE_SIZE_EXCEEDED: "INITCODE_SIZE",
  BLOB_FEE_TOO_LOW: "UNDERPRICED",
  BLOB_COUNT_EXCEEDED: "BLOB_INVALID",
  ZERO_BLOBS: "BLOB_INVALID",
  BLOB_VERSION_INVALID: "BLOB_INVALID",
  CONTRACT_CREATION_NOT_ALLOWED: "MALFORMED",
  EMPTY_AUTHORIZATION_LIST: "AUTHORIZATION_INVALID",
};

/** The pool's error for a transaction that the kernel found invalid. */
export function poolError(code: TransactionErrorCode, detail?: string): PoolError {
  return new PoolError(KERNEL_CODES[code], detail);
}

export function feeCap(tx: Transaction): bigint {
  return tx.maxFeePerGas ?? tx.gasPrice ?? 0n;
}

/** Legacy prices count whole as tip. */
export function tipCap(tx: Transaction): bigint {
  return tx.maxPriorityFeePerGas ?? tx.gasPrice ?? 0n;
}

/** Wei per gas that the fee recipient would get at this base fee; negative below it. */
export function effectiveTip(tx: Transaction, baseFee: bigint): bigint {
  const above = feeCap(tx) - baseFee;
  const tip = tipCap(tx);
  return tip < above ? tip : above;
}

/** The most a transaction can take from its sender, in wei. */
export function maximumCost(tx: Transaction): bigint {
  const blobGas = BLOB_GAS * BigInt(tx.blobVersionedHashes?.length ?? 0);
  return tx.gasLimit * feeCap(tx) + tx.value + blobGas * (tx.maxFeePerBlobGas ?? 0n);
}

/** Whether `next` pays enough more than `old` to take its place: 10 % on every price, 100 % for blob transactions. */
export function outbids(next: Transaction, old: Transaction): boolean {
  const percent = old.type === 3 || next.type === 3 ? 200n : 110n;
  const enough = (offered: bigint, paid: bigint): boolean => offered * 100n >= paid * percent && offered > paid;
  return (
    enough(feeCap(next), feeCap(old)) &&
    enough(tipCap(next), tipCap(old)) &&
    (old.type !== 3 || enough(next.maxFeePerBlobGas ?? 0n, old.maxFeePerBlobGas ?? 0n))
  );
}

/** Prices and gas against the open block. @throws PoolError */
export function checkPrices(tx: Transaction, header: Header, minTip: bigint, minGasPrice: bigint): void {
  if (tx.gasLimit > header.gasLimit) throw new PoolError("GAS_LIMIT");
  const baseFee = header.baseFeePerGas ?? 0n;
  if (feeCap(tx) < baseFee) {
    throw new PoolError("FEE_CAP_BELOW_BASE_FEE", `maxFeePerGas: ${feeCap(tx)}, baseFee: ${baseFee}`);
  }
  if (feeCap(tx) < minGasPrice) {
    throw new PoolError("UNDERPRICED", `gas price ${feeCap(tx)}, minimum needed ${minGasPrice}`);
  }
  if (tipCap(tx) < minTip) {
    throw new PoolError("UNDERPRICED", `gas tip cap ${tipCap(tx)}, minimum needed ${minTip}`);
  }
}

/** @param cost wei that the sender's waiting transactions may take, this one among them @throws PoolError */
export function checkFunds(cost: bigint, account: AccountState | undefined): void {
  const balance = account?.balance ?? 0n;
  if (balance < cost) {
    throw new PoolError("INSUFFICIENT_FUNDS", `balance ${balance}, tx cost ${cost}, overshot ${cost - balance}`);
  }
}
