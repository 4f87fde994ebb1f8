import { createHash } from "node:crypto";
import { activeFork, type Block, type ChainApi, ChainError, InvalidBlockError } from "@hyperion/chain";
import type { SealedBlock } from "@hyperion/kernel";
import { ENGINE_CODES, RpcError, transactionErrorMessage } from "../errors.ts";
import { isAtLeast } from "../fork-schedule.ts";
import type { Json } from "../format/json.ts";
import { data, equalBytes, quantity } from "../hex.ts";
import { blockAttributes } from "./block-attributes.ts";
import type { EnginePayloadAttributes, ExecutionPayload, ForkchoiceState } from "./engine-schema.ts";
import { blobHashes, blockValue, formatPayload, type PayloadCompanions, payloadBlock } from "./execution-payload.ts";

/** A version of the calls that depend on the fork of a payload. */
export type PayloadVersion = 3 | 4;

interface BuiltPayload {
  readonly block: SealedBlock;
  readonly attributes: EnginePayloadAttributes;
}

/** Payloads that were built and not asked for; the oldest goes. */
const KEPT_PAYLOADS = 16;
/** Blocks known to be wrong; the oldest is forgotten. */
const KEPT_INVALID = 1_024;
const PAYLOAD_VERSION = 3;

/** The chain as a consensus client moves it (execution-apis, folder `engine`, with the OP Stack's extensions). */
export class Engine {
  readonly #chain: ChainApi;
  readonly #payloads = new Map<string, BuiltPayload>();
  /** Hash of a wrong block → the last good one before it, and why. */
  readonly #invalid = new Map<string, { readonly latestValid: Uint8Array; readonly problem: string }>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(chain: ChainApi) {
    this.#chain = chain;
  }

  /** One after the other: a fork choice means the chain that the payload before it left. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** @throws RpcError −38002, −38003 */
  forkchoiceUpdated(state: ForkchoiceState, wanted: EnginePayloadAttributes | undefined): Promise<Json> {
    return this.#inTurn(async () => {
      const invalid = this.#invalid.get(data(state.headBlockHash));
      if (invalid) return { payloadStatus: invalidStatus(invalid.latestValid, invalid.problem), payloadId: null };
      const head = this.#chain.block(state.headBlockHash);
      if (!head) return { payloadStatus: status("SYNCING", undefined), payloadId: null };
      this.#requireAncestors(head, state);
      if (!equalBytes(this.#chain.head().hash, head.hash)) await this.#chain.setHead(head.hash);
      if (!isZero(state.safeBlockHash)) this.#chain.setSafe(state.safeBlockHash);
      if (!isZero(state.finalizedBlockHash)) this.#chain.setFinalized(state.finalizedBlockHash);
      const payloadId = wanted ? await this.#build(head, wanted) : null;
      return { payloadStatus: status("VALID", head.hash), payloadId };
    });
  }

  /** Checked before anything moves. */
  #requireAncestors(head: Block, { safeBlockHash, finalizedBlockHash }: ForkchoiceState): void {
    const safe = this.#ancestor(head, safeBlockHash, "safe");
    const finalized = this.#ancestor(head, finalizedBlockHash, "finalized");
    if (safe !== undefined && finalized !== undefined && finalized > safe) {
      throw new RpcError(ENGINE_CODES.invalidForkchoice, "the finalized block is not an ancestor of the safe block");
    }
  }

  /** Number of the ancestor; `undefined` for the zero hash, which names none. */
  #ancestor(head: Block, hash: Uint8Array, name: string): bigint | undefined {
    if (isZero(hash)) return undefined;
    const wanted = this.#chain.block(hash);
    let block: Block | undefined = head;
    while (wanted && block && block.header.number > wanted.header.number) {
      // From the chain on which the wanted block is, too, no step back is needed.
      if (this.#chain.isCanonical(block.hash) && this.#chain.isCanonical(hash)) return wanted.header.number;
      block = this.#chain.block(block.header.parentHash);
    }
    if (wanted && block && equalBytes(block.hash, hash)) return wanted.header.number;
    throw new RpcError(ENGINE_CODES.invalidForkchoice, `the ${name} block is not an ancestor of the head`);
  }

  /** Builds at once: the answer to `getPayload` must not keep the next block waiting. */
  async #build(head: Block, wanted: EnginePayloadAttributes): Promise<string> {
    const attributes = blockAttributes(wanted, head.header, this.#chain.config);
    const id = payloadIdOf(head.hash, wanted);
    if (this.#payloads.has(id)) return id;
    const candidates = wanted.noTxPool ? [] : this.#chain.pool.content().pending.map(({ raw }) => raw);
    const built = await this.#chain.buildBlock(head.hash, attributes, wanted.transactions ?? [], candidates);
    if ("outcome" in built) {
      const { index, outcome } = built;
      const problem = `transaction ${index}: ${transactionErrorMessage(outcome.code)}: ${outcome.message}`;
      throw new RpcError(ENGINE_CODES.invalidAttributes, problem);
    }
    remember(this.#payloads, id, { block: built, attributes: wanted }, KEPT_PAYLOADS);
    return id;
  }

  /** @throws RpcError −38001, −38005 */
  getPayload(id: Uint8Array, version: PayloadVersion): Json {
    const built = this.#payloads.get(data(id));
    if (!built) throw new RpcError(ENGINE_CODES.unknownPayload, "unknown payload");
    const { block, attributes } = built;
    this.#requireFork(block.header.number, block.header.timestamp, version);
    const isRollup = this.#chain.config.rollup !== undefined;
    return {
      executionPayload: formatPayload(block, attributes.withdrawals, isRollup),
      blockValue: quantity(blockValue(block)),
      blobsBundle: { commitments: [], proofs: [], blobs: [] },
      shouldOverrideBuilder: false,
      ...(version >= 4 && { executionRequests: block.requests.map((request) => data(request)) }),
      ...(isRollup && { parentBeaconBlockRoot: data(attributes.parentBeaconBlockRoot) }),
    };
  }

  /**
   * A payload that extends the head becomes it at once: the next fork choice names it, or sets the head elsewhere.
   *
   * @throws RpcError −38005
   */
  newPayload(
    payload: ExecutionPayload,
    versionedHashes: readonly Uint8Array[],
    companions: PayloadCompanions,
    version: PayloadVersion,
  ): Promise<Json> {
    return this.#inTurn(async () => {
      this.#requireFork(payload.blockNumber, payload.timestamp, version);
      const { rlp, hash } = payloadBlock(payload, companions);
      if (!equalBytes(hash, payload.blockHash)) {
        return invalidStatus(undefined, `the payload's hash is ${data(hash)}`);
      }
      const known = this.#invalid.get(data(hash)) ?? this.#inherited(payload, hash);
      if (known) return invalidStatus(known.latestValid, known.problem);
      if (!this.#chain.block(hash) && !this.#chain.block(payload.parentHash)) return status("SYNCING", undefined);
      return this.#import(payload, rlp, versionedHashes);
    });
  }

  /** What follows a wrong block is wrong. */
  #inherited(
    { parentHash }: ExecutionPayload,
    hash: Uint8Array,
  ): { latestValid: Uint8Array; problem: string } | undefined {
    const parent = this.#invalid.get(data(parentHash));
    if (parent) remember(this.#invalid, data(hash), parent, KEPT_INVALID);
    return parent;
  }

  async #import(payload: ExecutionPayload, rlp: Uint8Array, versionedHashes: readonly Uint8Array[]): Promise<Json> {
    // Before the block is executed, which makes it the head.
    const carried = blobHashes(payload.transactions);
    if (carried.length !== versionedHashes.length || !carried.every((one, i) => equalBytes(one, versionedHashes[i]!))) {
      return invalidStatus(payload.parentHash, "the blobs are not those of the transactions");
    }
    try {
      const block = await this.#chain.importBlock(rlp);
      return status("VALID", block.hash);
    } catch (error) {
      if (error instanceof InvalidBlockError) {
        const wrong = { latestValid: payload.parentHash, problem: error.shortMessage };
        remember(this.#invalid, data(payload.blockHash), wrong, KEPT_INVALID);
        return invalidStatus(wrong.latestValid, wrong.problem);
      }
      if (error instanceof ChainError && error.code === "STATE_UNAVAILABLE") return status("ACCEPTED", undefined);
      throw error;
    }
  }

  #requireFork(number: bigint, timestamp: bigint, version: PayloadVersion): void {
    const fork = activeFork(this.#chain.config, number, timestamp);
    const expected = isAtLeast(fork, "prague") ? 4 : isAtLeast(fork, "cancun") ? 3 : undefined;
    if (expected !== version) throw new RpcError(ENGINE_CODES.unsupportedFork, "Unsupported fork");
  }
}

const status = (name: "VALID" | "SYNCING" | "ACCEPTED", latestValid: Uint8Array | undefined): Json => ({
  status: name,
  latestValidHash: latestValid ? data(latestValid) : null,
  validationError: null,
});

const invalidStatus = (latestValid: Uint8Array | undefined, validationError: string): Json => ({
  status: "INVALID",
  latestValidHash: latestValid ? data(latestValid) : null,
  validationError,
});

const isZero = (hash: Uint8Array): boolean => hash.every((byte) => byte === 0);

/** The same attributes on the same head are the same payload. */
const payloadIdOf = (head: Uint8Array, wanted: EnginePayloadAttributes): string => {
  const text = JSON.stringify(wanted, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
  const digest = createHash("sha256").update(head).update(text).digest();
  return data(Uint8Array.from([PAYLOAD_VERSION, ...digest.subarray(0, 7)]));
};

const remember = <T>(map: Map<string, T>, key: string, value: T, limit: number): void => {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > limit && oldest !== undefined) map.delete(oldest);
};
