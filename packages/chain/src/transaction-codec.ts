import type { AccessListItem, Authorization, DepositFields, Transaction } from "@hyperion/kernel";
import { encodeRlp, RlpError, type RlpInput, type RlpItem, rlpBytes, rlpList, rlpQuantity } from "./rlp.ts";

/** What a stored block knows about its transactions, so that reading needs no hashing and no signature recovery. */
export interface KnownIdentity {
  readonly hash: Uint8Array;
  readonly from: Uint8Array;
  /** Deposits: the sender's nonce before, which is not part of them. */
  readonly nonce?: bigint;
}

type Fields = Omit<Transaction, "type" | "hash" | "raw" | "from">;
type Field = (bytes: Uint8Array, item: RlpItem) => Partial<Fields>;

const chainId: Field = (bytes, item) => ({ chainId: rlpQuantity(bytes, item) });
const nonce: Field = (bytes, item) => ({ nonce: rlpQuantity(bytes, item) });
const gasPrice: Field = (bytes, item) => ({ gasPrice: rlpQuantity(bytes, item) });
const maxPriorityFeePerGas: Field = (bytes, item) => ({ maxPriorityFeePerGas: rlpQuantity(bytes, item) });
const maxFeePerGas: Field = (bytes, item) => ({ maxFeePerGas: rlpQuantity(bytes, item) });
const gasLimit: Field = (bytes, item) => ({ gasLimit: rlpQuantity(bytes, item) });
const to: Field = (bytes, item) => (item.end === item.payload ? {} : { to: rlpBytes(bytes, item) });
const value: Field = (bytes, item) => ({ value: rlpQuantity(bytes, item) });
const data: Field = (bytes, item) => ({ data: rlpBytes(bytes, item) });
const accessList: Field = (bytes, item) => ({ accessList: readAccessList(bytes, item) });
const maxFeePerBlobGas: Field = (bytes, item) => ({ maxFeePerBlobGas: rlpQuantity(bytes, item) });
const blobVersionedHashes: Field = (bytes, item) => ({
  blobVersionedHashes: rlpList(bytes, item.start, item.end).map((hash) => rlpBytes(bytes, hash)),
});
const authorizationList: Field = (bytes, item) => ({
  authorizationList: rlpList(bytes, item.start, item.end).map((entry) => readAuthorization(bytes, entry)),
});
const v: Field = (bytes, item) => ({ v: rlpQuantity(bytes, item) });
const r: Field = (bytes, item) => ({ r: rlpQuantity(bytes, item) });
const s: Field = (bytes, item) => ({ s: rlpQuantity(bytes, item) });

const FEE_MARKET = [chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit, to, value, data, accessList];

/** Type of a rollup's deposits. */
export const DEPOSIT_TYPE = 126;
const DEPOSIT_ITEMS = 8;

/** Field order per type: legacy, EIP-2930, EIP-1559, EIP-4844, EIP-7702. */
const LAYOUTS: readonly (readonly Field[])[] = [
  [nonce, gasPrice, gasLimit, to, value, data, v, r, s],
  [chainId, nonce, gasPrice, gasLimit, to, value, data, accessList, v, r, s],
  [...FEE_MARKET, v, r, s],
  [...FEE_MARKET, maxFeePerBlobGas, blobVersionedHashes, v, r, s],
  [...FEE_MARKET, authorizationList, v, r, s],
];

/**
 * Decodes a transaction whose hash and sender are known from the database. Authorities of an EIP-7702 list are not
 * recovered. @throws RlpError
 */
export function decodeStoredTransaction(raw: Uint8Array, known: KnownIdentity): Transaction {
  if (raw[0] === DEPOSIT_TYPE) return decodeDeposit(raw, known);
  const type = raw[0]! < 0xc0 ? raw[0]! : 0;
  const layout = LAYOUTS[type];
  const items = rlpList(raw, type === 0 ? 0 : 1);
  if (!layout || items.length !== layout.length) throw new RlpError("not a transaction");
  const fields = Object.assign({}, ...layout.map((read, i) => read(raw, items[i]!))) as Fields;
  return { ...fields, ...legacyChainId(type, fields.v), type: type as Transaction["type"], raw, ...known };
}

function decodeDeposit(raw: Uint8Array, known: KnownIdentity): Transaction {
  const items = rlpList(raw, 1);
  if (items.length !== DEPOSIT_ITEMS) throw new RlpError("not a deposit");
  const [sourceHash, , recipient, mint, amount, gas, isSystem, input] = items as [RlpItem, ...RlpItem[]];
  return {
    type: DEPOSIT_TYPE,
    raw,
    nonce: 0n,
    ...known,
    ...to(raw, recipient!),
    value: rlpQuantity(raw, amount!),
    gasLimit: rlpQuantity(raw, gas!),
    data: rlpBytes(raw, input!),
    deposit: {
      sourceHash: rlpBytes(raw, sourceHash),
      mint: rlpQuantity(raw, mint!),
      isSystemTransaction: rlpQuantity(raw, isSystem!) === 1n,
    },
    v: 0n,
    r: 0n,
    s: 0n,
  };
}

/** EIP-155: v = chainId · 2 + 35 or 36. */
function legacyChainId(type: number, v: bigint): { chainId?: bigint } {
  return type === 0 && v >= 35n ? { chainId: (v - 35n) / 2n } : {};
}

function readAccessList(bytes: Uint8Array, item: RlpItem): AccessListItem[] {
  return rlpList(bytes, item.start, item.end).map((entry) => {
    const [address, keys] = rlpList(bytes, entry.start, entry.end);
    if (!address || !keys) throw new RlpError("access list entry needs two items");
    return {
      address: rlpBytes(bytes, address),
      storageKeys: rlpList(bytes, keys.start, keys.end).map((key) => rlpBytes(bytes, key)),
    };
  });
}

function readAuthorization(bytes: Uint8Array, item: RlpItem): Authorization {
  const items = rlpList(bytes, item.start, item.end);
  if (items.length !== 6) throw new RlpError("authorization needs six items");
  const quantity = (index: number): bigint => rlpQuantity(bytes, items[index]!);
  return {
    chainId: quantity(0),
    address: rlpBytes(bytes, items[1]!),
    nonce: quantity(2),
    yParity: Number(quantity(3)),
    r: quantity(4),
    s: quantity(5),
  };
}

/** The RLP fields between the type byte and the signature. */
function payloadFields(tx: Omit<Transaction, "hash" | "raw">): RlpInput[] {
  const destination = tx.to ?? new Uint8Array(0);
  const access = (tx.accessList ?? []).map((item) => [item.address, item.storageKeys]);
  if (tx.type === 0) return [tx.nonce, tx.gasPrice ?? 0n, tx.gasLimit, destination, tx.value, tx.data];
  const head = [tx.chainId ?? 0n, tx.nonce];
  const tail = [tx.gasLimit, destination, tx.value, tx.data, access];
  if (tx.type === 1) return [...head, tx.gasPrice ?? 0n, ...tail];
  const fees = [tx.maxPriorityFeePerGas ?? 0n, tx.maxFeePerGas ?? 0n];
  if (tx.type === 2) return [...head, ...fees, ...tail];
  if (tx.type === 3) return [...head, ...fees, ...tail, tx.maxFeePerBlobGas ?? 0n, tx.blobVersionedHashes ?? []];
  const authorizations = (tx.authorizationList ?? []).map((a) => [
    a.chainId,
    a.address,
    a.nonce,
    BigInt(a.yParity),
    a.r,
    a.s,
  ]);
  return [...head, ...fees, ...tail, authorizations];
}

/** The canonical encoding: [type ‖] rlp(fields, v, r, s). */
export function encodeTransaction(tx: Omit<Transaction, "hash" | "raw">): Uint8Array {
  if (tx.deposit) return encodeDeposit(tx, tx.deposit);
  const body = encodeRlp([...payloadFields(tx), tx.v, tx.r, tx.s]);
  return tx.type === 0 ? body : new Uint8Array(Buffer.concat([Uint8Array.of(tx.type), body]));
}

function encodeDeposit(tx: Omit<Transaction, "hash" | "raw">, deposit: DepositFields): Uint8Array {
  const { sourceHash, mint, isSystemTransaction } = deposit;
  const destination = tx.to ?? new Uint8Array(0);
  const system = BigInt(isSystemTransaction);
  const fields = [sourceHash, tx.from, destination, mint, tx.value, tx.gasLimit, system, tx.data];
  return Uint8Array.from([DEPOSIT_TYPE, ...encodeRlp(fields)]);
}
