import { RlpError } from "@hyperion/chain";
import { createPublicClient, type Hex, hexToBytes, http, numberToHex, type PublicClient } from "viem";
import { z } from "zod";
import type { RollupConfig } from "../config/rollup-config.ts";
import type { L2Block } from "../derive/l2-block.ts";
import { DEPOSIT_TYPE } from "../formats/deposit.ts";
import { FormatError } from "../formats/errors.ts";
import type { L1Ref } from "../formats/l1-block.ts";
import type { L1Progress, L2Source } from "./l2-source.ts";
import { type RawBlock, readRawBlock } from "./raw-block.ts";

/** A node that cannot be reached, or says what cannot be. */
export class L2NodeError extends Error {
  readonly code: "L2_UNREACHABLE" | "L2_INCONSISTENT";
  readonly shortMessage: string;

  constructor(code: L2NodeError["code"], problem: string, options?: ErrorOptions) {
    super(`L2: ${problem}`, options);
    this.name = "L2NodeError";
    this.code = code;
    this.shortMessage = problem;
  }
}

const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .transform((text) => text as Hex);
const count = z.int().min(0).transform(BigInt);
const id = z.object({ hash, number: count });
const l1Ref = z.object({ hash, number: count, parentHash: hash, timestamp: count });
const syncStatus = z.object({ current_l1: l1Ref, safe_l2: id, finalized_l2: id });
const output = z.object({ outputRoot: hash });
const rawBlock = z.string().regex(/^0x([0-9a-f]{2})+$/);

const TIMEOUT = 20_000;
const NOTHING: Hex = `0x${"00".repeat(32)}`;

/** A node's chain over `optimism_syncStatus`, `optimism_outputAtBlock` and `debug_getRawBlock`. Hashes are computed here. */
export class RemoteL2 implements L2Source, L1Progress {
  readonly #config: RollupConfig;
  readonly #client: PublicClient;
  /** Of the block read last. */
  #transactions: { readonly number: bigint; readonly raws: readonly Uint8Array[] } | undefined;

  constructor(url: string, config: RollupConfig) {
    this.#config = config;
    this.#client = createPublicClient({ transport: http(url, { timeout: TIMEOUT }) });
  }

  get origin(): Promise<L1Ref | undefined> {
    return this.#status().then(({ current_l1: l1 }) => (l1.hash === NOTHING ? undefined : l1));
  }

  async safe(): Promise<L2Block> {
    return this.#require((await this.#status()).safe_l2);
  }

  async finalized(): Promise<L2Block> {
    return this.#require((await this.#status()).finalized_l2);
  }

  async block(number: bigint): Promise<L2Block | undefined> {
    const raw = await this.#ask("debug_getRawBlock", [numberToHex(number)], rawBlock).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (raw === undefined) return undefined;
    const { block, transactions } = this.#read(hexToBytes(raw as Hex));
    if (block.number !== number) throw new L2NodeError("L2_INCONSISTENT", `asked for block ${number}`);
    this.#transactions = { number, raws: transactions };
    return block;
  }

  #read(rlp: Uint8Array): RawBlock {
    try {
      return readRawBlock(rlp, this.#config);
    } catch (cause) {
      if (!(cause instanceof RlpError || cause instanceof FormatError)) throw cause;
      throw new L2NodeError("L2_INCONSISTENT", "a block cannot be read", { cause });
    }
  }

  async sequenced(number: bigint): Promise<readonly Uint8Array[]> {
    if (this.#transactions?.number !== number) await this.block(number);
    return (this.#transactions?.raws ?? []).filter(([type]) => type !== DEPOSIT_TYPE);
  }

  async outputRoot(number: bigint): Promise<Hex> {
    return (await this.#ask("optimism_outputAtBlock", [numberToHex(number)], output)).outputRoot;
  }

  #status(): Promise<z.output<typeof syncStatus>> {
    return this.#ask("optimism_syncStatus", [], syncStatus);
  }

  async #require({ number, hash: expected }: { readonly number: bigint; readonly hash: Hex }): Promise<L2Block> {
    const block = await this.block(number);
    if (block?.hash === expected) return block;
    throw new L2NodeError("L2_INCONSISTENT", `block ${number} changed while it was read`);
  }

  async #ask<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    const answer = await this.#client.request({ method, params } as never).catch((cause: unknown) => {
      throw new L2NodeError("L2_UNREACHABLE", `${method} failed`, { cause });
    });
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new L2NodeError("L2_INCONSISTENT", `${method}: ${issue?.path.join(".")} ${issue?.message}`);
  }
}

/** Nodes answer a height beyond their head with an error. */
const isNotFound = (error: unknown): boolean => {
  const { cause } = error as { cause?: { details?: string } };
  return /not found|unknown block/i.test(cause?.details ?? "");
};
