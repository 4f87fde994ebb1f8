import type { CallRequest, Transaction } from "@hyperion/kernel";
import { encodeTransaction } from "./transaction-codec.ts";

/** What a request leaves out. */
export interface UnsignedDefaults {
  readonly chainId: bigint;
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  readonly baseFee: bigint;
}

/** The transaction of an impersonated sender: its type follows from the fields given, its signature is zero. */
export function unsignedTransaction(
  request: CallRequest & { readonly from: Uint8Array },
  defaults: UnsignedDefaults,
  keccak256: (bytes: Uint8Array) => Uint8Array,
): Transaction {
  const type = unsignedType(request);
  const fields = {
    type,
    from: request.from,
    chainId: defaults.chainId,
    nonce: request.nonce ?? defaults.nonce,
    gasLimit: request.gas ?? defaults.gasLimit,
    value: request.value ?? 0n,
    data: request.data ?? new Uint8Array(0),
    ...prices(request, type, defaults.baseFee),
    ...(request.to ? { to: request.to } : {}),
    ...(type > 0 ? { accessList: request.accessList ?? [] } : {}),
    ...(request.authorizationList ? { authorizationList: request.authorizationList } : {}),
    v: 0n,
    r: 0n,
    s: 0n,
  };
  const raw = encodeTransaction(fields);
  return { ...fields, raw, hash: keccak256(raw) };
}

function unsignedType(request: CallRequest): Transaction["type"] {
  if (request.authorizationList) return 4;
  if (request.gasPrice === undefined) return 2;
  return request.accessList ? 1 : 0;
}

function prices(request: CallRequest, type: number, baseFee: bigint): Partial<Transaction> {
  if (type < 2) return { gasPrice: request.gasPrice ?? 0n };
  const tip = request.maxPriorityFeePerGas ?? 0n;
  return { maxFeePerGas: request.maxFeePerGas ?? request.gasPrice ?? baseFee * 2n + tip, maxPriorityFeePerGas: tip };
}
