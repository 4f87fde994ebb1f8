import type { Address, Hex } from "viem";
import { z } from "zod";
import type { L1Log, L1Ref } from "../formats/l1-block.ts";

/** A transaction as far as batches are concerned. */
export interface RpcTransaction {
  readonly hash: Hex;
  readonly from: Address;
  readonly to?: Address | null | undefined;
  readonly input: Uint8Array;
  readonly blobVersionedHashes?: readonly Hex[] | undefined;
}

export interface RpcBlock extends L1Ref {
  readonly baseFeePerGas: bigint;
  readonly mixHash: Hex;
  readonly parentBeaconBlockRoot?: Hex | undefined;
  readonly excessBlobGas?: bigint | undefined;
  readonly transactions: readonly RpcTransaction[];
}

export interface RpcLog extends Omit<L1Log, "index"> {
  readonly logIndex: bigint;
  readonly blockHash: Hex;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/, "is no hex");
const lower = hex.transform((value) => value.toLowerCase() as Hex);
const hash = lower.refine((value) => value.length === 66, "is no hash");
const address = lower.refine((value) => value.length === 42, "is no address").transform((value) => value as Address);
const quantity = hex.refine((value) => value.length > 2 && value.length <= 66, "is no quantity").transform(BigInt);
const bytes = hex.transform((value) => new Uint8Array(Buffer.from(value.slice(2), "hex")));

const transaction = z.object({
  hash,
  from: address,
  to: address.nullish(),
  input: bytes,
  blobVersionedHashes: z.array(hash).optional(),
});

const header = { number: quantity, hash, parentHash: hash, timestamp: quantity };

/** What an L1 node answers, checked as anything from outside is. */
export const rpcHeader: z.ZodType<L1Ref | null> = z.object(header).nullable();
export const rpcBlock: z.ZodType<RpcBlock | null> = z
  .object({
    ...header,
    baseFeePerGas: quantity,
    mixHash: hash,
    parentBeaconBlockRoot: hash.optional(),
    excessBlobGas: quantity.optional(),
    transactions: z.array(transaction),
  })
  .nullable();
export const rpcLogs: z.ZodType<readonly RpcLog[]> = z.array(
  z.object({ address, topics: z.array(hash).max(4), data: bytes, logIndex: quantity, blockHash: hash }),
);
