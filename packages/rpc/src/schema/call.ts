import type { BlockOverrides } from "@hyperion/chain";
import type { AccessListItem, AccountOverride, Authorization, CallRequest } from "@hyperion/kernel";
import { z } from "zod";
import { serverError } from "../errors.ts";
import { equalBytes } from "../hex.ts";
import {
  address,
  bytes,
  DecodeProblem,
  decodeQuantity,
  hash,
  hexMap,
  quantity64,
  quantity256,
  scalar,
} from "./scalars.ts";

const MAX_ITEMS = 10_000;

/** Bounds an array before its elements are looked at. */
const list = <T>(item: z.ZodType<T>, limit = MAX_ITEMS): z.ZodType<T[]> => z.array(item).max(limit);

const accessListItem: z.ZodType<AccessListItem> = z.object({ address, storageKeys: list(hash) });

/** yParity as QUANTITY; tools that know only `v` send 27/28. */
const parity = scalar((value) => Number(decodeQuantity(value, 8)));

const authorization: z.ZodType<Authorization> = z
  .object({
    chainId: quantity256,
    address,
    nonce: quantity64,
    yParity: parity.optional(),
    v: parity.optional(),
    r: quantity256,
    s: quantity256,
  })
  .transform(({ v, yParity, ...rest }) => ({
    ...rest,
    yParity: yParity ?? (v === undefined ? 0 : v >= 27 ? v - 27 : v),
  }));

const callFields = z.object({
  type: quantity64.nullish(),
  from: address.nullish(),
  to: address.nullish(),
  gas: quantity64.nullish(),
  gasPrice: quantity256.nullish(),
  maxFeePerGas: quantity256.nullish(),
  maxPriorityFeePerGas: quantity256.nullish(),
  maxFeePerBlobGas: quantity256.nullish(),
  blobVersionedHashes: list(hash, 64).nullish(),
  value: quantity256.nullish(),
  data: bytes.nullish(),
  input: bytes.nullish(),
  nonce: quantity64.nullish(),
  chainId: quantity256.nullish(),
  accessList: list(accessListItem).nullish(),
  authorizationList: list(authorization, 1024).nullish(),
});

/** A GenericTransaction of the execution-apis, with the chain id it was meant for. */
export type CallParameter = CallRequest & { readonly chainId?: bigint };

type Fields = z.output<typeof callFields>;

/** Contradictions within a call. Not a matter of form, so not answered with "invalid params" (as in other clients). */
const contradiction = ({ data, input, to, gasPrice, ...fields }: Fields): string | undefined => {
  if (data && input && !equalBytes(data, input)) {
    return 'both "data" and "input" are set and not equal. Please use "input" to pass transaction call data';
  }
  if (gasPrice != null && (fields.maxFeePerGas != null || fields.maxPriorityFeePerGas != null)) {
    return "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified";
  }
  if (fields.blobVersionedHashes?.length === 0) return "need at least 1 blob for a blob transaction";
  if (fields.blobVersionedHashes && !to) return 'missing "to" in blob transaction';
  return undefined;
};

/** Drops absent fields and merges `data` with `input`. */
const toCallParameter = ({ type: _, data, input, ...rest }: Fields): CallParameter => {
  const call: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) if (value != null) call[key] = value;
  const payload = input ?? data;
  if (payload) call.data = payload;
  return call;
};

/** Throws `RpcError` for contradictory fields. */
export const callParameter: z.ZodType<CallParameter> = callFields.transform((fields) => {
  const problem = contradiction(fields);
  if (problem !== undefined) throw serverError(problem);
  return toCallParameter(fields);
});

/** State override of one account, with eth_simulateV1's precompile move. */
export type OverrideParameter = AccountOverride & { readonly movePrecompileToAddress?: Uint8Array };

const slots = hexMap(hash, hash, MAX_ITEMS);

const accountOverride: z.ZodType<OverrideParameter> = z
  .object({
    balance: quantity256.nullish(),
    nonce: quantity64.nullish(),
    code: bytes.nullish(),
    state: slots.nullish(),
    stateDiff: slots.nullish(),
    movePrecompileToAddress: address.nullish(),
  })
  .transform((fields) => {
    if (fields.state && fields.stateDiff) throw serverError("account has both 'state' and 'stateDiff'");
    return present(fields) as OverrideParameter;
  });

/** Without the fields that are null or undefined. */
const present = (fields: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));

export type StateOverrideParameter = [address: Uint8Array, override: OverrideParameter][];

export const stateOverrides: z.ZodType<StateOverrideParameter> = hexMap(address, accountOverride, MAX_ITEMS);

/** A random value: word, or a QUANTITY as some tools send. */
const wordOrQuantity = scalar((value) => {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) throw new DecodeProblem("expected 32 bytes");
  return Buffer.from(value.slice(2).padStart(64, "0"), "hex") as Uint8Array;
});

export const blockOverrides: z.ZodType<BlockOverrides> = z
  .object({
    number: quantity64.nullish(),
    time: quantity64.nullish(),
    timestamp: quantity64.nullish(),
    gasLimit: quantity64.nullish(),
    feeRecipient: address.nullish(),
    coinbase: address.nullish(),
    prevRandao: wordOrQuantity.nullish(),
    random: wordOrQuantity.nullish(),
    difficulty: quantity256.nullish(),
    baseFeePerGas: quantity256.nullish(),
    baseFee: quantity256.nullish(),
    blobBaseFee: quantity256.nullish(),
  })
  .transform(
    (o) =>
      present({
        number: o.number,
        timestamp: o.time ?? o.timestamp,
        gasLimit: o.gasLimit,
        coinbase: o.feeRecipient ?? o.coinbase,
        prevRandao: o.prevRandao ?? o.random,
        difficulty: o.difficulty,
        baseFeePerGas: o.baseFeePerGas ?? o.baseFee,
        blobBaseFee: o.blobBaseFee,
      }) as BlockOverrides,
  );
