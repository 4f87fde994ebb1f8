import type { Hex } from "viem";
import { concat, keccak256, numberToHex, toRlp, trim } from "viem";
import { sign } from "viem/accounts";
import { toBigInt } from "./hex.ts";

/** One selection of a state test's transaction: what is signed when the fixture carries no encoded transaction. */
export interface UnsignedTransaction {
  readonly nonce: string;
  readonly gasLimit: string;
  readonly to: string;
  readonly value: string;
  readonly data: string;
  readonly gasPrice?: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
  readonly maxFeePerBlobGas?: string;
  readonly blobVersionedHashes?: readonly string[];
  readonly accessList?: readonly { address: string; storageKeys: readonly string[] }[];
  readonly authorizationList?: readonly FixtureAuthorization[];
}

export interface FixtureAuthorization {
  readonly chainId: string;
  readonly address: string;
  readonly nonce: string;
  readonly v?: string;
  readonly yParity?: string;
  readonly r: string;
  readonly s: string;
  readonly signer?: string;
}

type Rlp = Hex | readonly Rlp[];

/** Encodes and signs; unlike a wallet it does so for invalid transactions too. `replayProtected`: EIP-155 from Spurious Dragon on. */
export async function signTransaction(
  transaction: UnsignedTransaction,
  chainId: bigint,
  privateKey: string,
  replayProtected: boolean,
): Promise<Hex> {
  const type = transactionType(transaction);
  if (type === 0) return signLegacy(transaction, chainId, privateKey, replayProtected);
  const fields = typedFields(type, transaction, chainId);
  const prefix = numberToHex(type, { size: 1 });
  const signature = await sign({ hash: keccak256(concat([prefix, toRlp(fields)])), privateKey: privateKey as Hex });
  return concat([
    prefix,
    toRlp([...fields, integer(signature.yParity ?? 0), trimmed(signature.r), trimmed(signature.s)]),
  ]);
}

async function signLegacy(
  transaction: UnsignedTransaction,
  chainId: bigint,
  privateKey: string,
  replayProtected: boolean,
): Promise<Hex> {
  const fields = [quantity(transaction.nonce), quantity(transaction.gasPrice ?? "0x0"), ...payload(transaction)];
  const signed = replayProtected ? [...fields, integer(chainId), "0x" as const, "0x" as const] : fields;
  const signature = await sign({ hash: keccak256(toRlp(signed)), privateKey: privateKey as Hex });
  const v = BigInt(signature.yParity ?? 0) + (replayProtected ? chainId * 2n + 35n : 27n);
  return toRlp([...fields, integer(v), trimmed(signature.r), trimmed(signature.s)]);
}

function transactionType(transaction: UnsignedTransaction): 0 | 1 | 2 | 3 | 4 {
  if (transaction.authorizationList !== undefined) return 4;
  if (transaction.blobVersionedHashes !== undefined) return 3;
  if (transaction.maxFeePerGas !== undefined) return 2;
  return transaction.accessList === undefined ? 0 : 1;
}

function typedFields(type: 1 | 2 | 3 | 4, transaction: UnsignedTransaction, chainId: bigint): Rlp[] {
  const fees =
    type === 1
      ? [quantity(transaction.gasPrice ?? "0x0")]
      : [quantity(transaction.maxPriorityFeePerGas ?? "0x0"), quantity(transaction.maxFeePerGas ?? "0x0")];
  const accessList = (transaction.accessList ?? []).map(({ address, storageKeys }) => [
    address as Hex,
    storageKeys as Hex[],
  ]);
  const fields: Rlp[] = [integer(chainId), quantity(transaction.nonce), ...fees, ...payload(transaction), accessList];
  if (type === 3) {
    fields.push(quantity(transaction.maxFeePerBlobGas ?? "0x0"), (transaction.blobVersionedHashes ?? []) as Hex[]);
  }
  if (type === 4) fields.push((transaction.authorizationList ?? []).map(authorization));
  return fields;
}

function authorization(item: FixtureAuthorization): Rlp {
  const parity = item.yParity ?? item.v ?? "0x0";
  return [item.chainId, item.address, item.nonce, parity, item.r, item.s].map((field, index) =>
    index === 1 ? (field as Hex) : quantity(field),
  );
}

function payload(transaction: UnsignedTransaction): Hex[] {
  return [
    quantity(transaction.gasLimit),
    (transaction.to === "" ? "0x" : transaction.to) as Hex,
    quantity(transaction.value),
    (transaction.data === "" ? "0x" : transaction.data) as Hex,
  ];
}

function quantity(value: string): Hex {
  return integer(toBigInt(value));
}

function integer(value: bigint | number): Hex {
  return BigInt(value) === 0n
    ? "0x"
    : numberToHex(value).length % 2 === 0
      ? numberToHex(value)
      : `0x0${value.toString(16)}`;
}

function trimmed(value: Hex): Hex {
  return trim(value);
}
