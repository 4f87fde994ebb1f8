import { encodeRlp, type RlpInput } from "@hyperion/chain";
import type { AccessListItem, Authorization, CallRequest } from "@hyperion/kernel";

/** A transaction with every field decided, before it is signed. */
export type UnsignedTransaction = CallRequest & { readonly nonce: bigint; readonly gas: bigint };

export interface Signature {
  readonly r: bigint;
  readonly s: bigint;
  readonly yParity: 0 | 1;
}

const NO_BYTES = new Uint8Array(0);

const accessListItems = (list: readonly AccessListItem[] = []): RlpInput[] =>
  list.map(({ address, storageKeys }) => [address, storageKeys]);

const authorizationItems = (list: readonly Authorization[] = []): RlpInput[] =>
  list.map(({ chainId, address, nonce, yParity, r, s }) => [chainId, address, nonce, BigInt(yParity), r, s]);

const typeOf = (tx: UnsignedTransaction): 0 | 1 | 2 | 3 | 4 => {
  if (tx.authorizationList) return 4;
  if (tx.blobVersionedHashes) return 3;
  if (tx.gasPrice === undefined) return 2;
  return tx.accessList ? 1 : 0;
};

/** Fields up to the signature (EIP-155 legacy, EIP-2930, 1559, 4844, 7702). */
const fieldsOf = (tx: UnsignedTransaction, chainId: bigint): RlpInput[] => {
  const { nonce, gas, value = 0n, to = NO_BYTES, data = NO_BYTES } = tx;
  const type = typeOf(tx);
  const price = tx.gasPrice ?? 0n;
  if (type === 0) return [nonce, price, gas, to, value, data];
  const body = [gas, to, value, data, accessListItems(tx.accessList)];
  if (type === 1) return [chainId, nonce, price, ...body];
  const head = [chainId, nonce, tx.maxPriorityFeePerGas ?? 0n, tx.maxFeePerGas ?? 0n, ...body];
  if (type === 3) return [...head, tx.maxFeePerBlobGas ?? 0n, tx.blobVersionedHashes ?? []];
  return type === 4 ? [...head, authorizationItems(tx.authorizationList)] : head;
};

const withType = (type: number, body: Uint8Array): Uint8Array =>
  type === 0 ? body : Buffer.concat([Uint8Array.of(type), body]);

/** What the sender's key signs, before hashing. */
export const signingPayload = (tx: UnsignedTransaction, chainId: bigint): Uint8Array => {
  const fields = fieldsOf(tx, chainId);
  const type = typeOf(tx);
  return withType(type, encodeRlp(type === 0 ? [...fields, chainId, 0n, 0n] : fields));
};

/** The signed transaction as it goes into a block. */
export const encodeSigned = (tx: UnsignedTransaction, chainId: bigint, { r, s, yParity }: Signature): Uint8Array => {
  const type = typeOf(tx);
  const v = type === 0 ? chainId * 2n + 35n + BigInt(yParity) : BigInt(yParity);
  return withType(type, encodeRlp([...fieldsOf(tx, chainId), v, r, s]));
};
