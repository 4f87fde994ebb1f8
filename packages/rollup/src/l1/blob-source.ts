import { bytesToHex, type Hex, hexToBytes, sha256 } from "viem";
import { z } from "zod";
import { BLOB_SIZE } from "../formats/blob.ts";
import type { L1Ref } from "../formats/l1-block.ts";
import { L1Error } from "./errors.ts";
import { commitToBlob } from "./kzg.ts";

/** Where blobs of L1 blocks are read. */
export interface BlobSource {
  /** The blobs with these versioned hashes, in order. @throws L1Error */
  blobs(block: L1Ref, hashes: readonly Hex[]): Promise<readonly Uint8Array[]>;
}

const SECONDS_PER_SLOT = 12n;
const VERSION = "01";
const TIMEOUT = 30_000;

const genesis = z.object({ data: z.object({ genesis_time: z.string().regex(/^\d+$/) }) });
const spec = z.object({ data: z.object({ SECONDS_PER_SLOT: z.string().regex(/^\d+$/).optional() }) });
const answer = z.object({ data: z.array(z.string().regex(/^0x[0-9a-fA-F]*$/)) });

/**
 * A beacon node's `/eth/v1/beacon/blobs`. Every blob is checked against its hash.
 *
 * @param url of a beacon node, or of anvil, which answers the same question by block number
 */
export class BeaconBlobs implements BlobSource {
  readonly #url: string;
  readonly #byNumber: boolean;
  #clock: Promise<{ readonly genesis: bigint; readonly slot: bigint }> | undefined;

  constructor(url: string, options: { readonly byNumber?: boolean } = {}) {
    this.#url = url.replace(/\/$/, "");
    this.#byNumber = options.byNumber ?? false;
  }

  async blobs(block: L1Ref, hashes: readonly Hex[]): Promise<readonly Uint8Array[]> {
    const id = this.#byNumber ? block.number : await this.#slot(block.timestamp);
    const query = hashes.map((hash) => `versioned_hashes=${hash}`).join("&");
    let found = await this.#read(`${id}?${query}`);
    // anvil leaves out what was asked for where a block has several transactions with blobs.
    if (!hashes.every((hash) => found.has(hash))) found = await this.#read(`${id}`);
    return hashes.map((hash) => {
      const blob = found.get(hash);
      if (!blob) throw new L1Error("BLOB_UNAVAILABLE", `blob ${hash} of block ${block.number} is not to be had`);
      return blob;
    });
  }

  async #read(path: string): Promise<ReadonlyMap<Hex, Uint8Array>> {
    const { data } = await this.#get(`/eth/v1/beacon/blobs/${path}`, answer);
    return new Map(data.map((hex) => checked(hex as Hex)));
  }

  async #slot(timestamp: bigint): Promise<bigint> {
    this.#clock ??= this.#readClock().catch((error) => {
      this.#clock = undefined;
      throw error;
    });
    const { genesis, slot } = await this.#clock;
    return (timestamp - genesis) / slot;
  }

  async #readClock(): Promise<{ readonly genesis: bigint; readonly slot: bigint }> {
    const [start, configuration] = await Promise.all([
      this.#get("/eth/v1/beacon/genesis", genesis),
      this.#get("/eth/v1/config/spec", spec),
    ]);
    const slot = BigInt(configuration.data.SECONDS_PER_SLOT ?? SECONDS_PER_SLOT);
    return { genesis: BigInt(start.data.genesis_time), slot: slot === 0n ? SECONDS_PER_SLOT : slot };
  }

  async #get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    try {
      const response = await fetch(`${this.#url}${path}`, { signal: AbortSignal.timeout(TIMEOUT) });
      if (!response.ok) throw new L1Error("BLOB_UNAVAILABLE", `beacon node answers ${response.status}`);
      return schema.parse(await response.json());
    } catch (cause) {
      if (cause instanceof L1Error) throw cause;
      throw new L1Error("BLOB_UNAVAILABLE", "beacon node cannot be read", { cause });
    }
  }
}

const checked = (hex: Hex): readonly [Hex, Uint8Array] => {
  const blob = hexToBytes(hex);
  if (blob.length !== BLOB_SIZE) throw new L1Error("BLOB_UNAVAILABLE", `beacon node answers with ${blob.length} bytes`);
  return [versionedHash(commitToBlob(blob)), blob];
};

/** EIP-4844. */
export const versionedHash = (commitment: Uint8Array): Hex => `0x${VERSION}${sha256(bytesToHex(commitment)).slice(4)}`;
