import { type ChainApi, InvalidBlockError, RlpError } from "@hyperion/chain";
import { bytesToHex, hexToBytes } from "viem";
import type { RollupConfig } from "../config/rollup-config.ts";
import type { L1Source } from "../derive/l1-source.ts";
import type { L2Block } from "../derive/l2-block.ts";
import type { L2Engine } from "../derive/l2-engine.ts";
import { payloadAttributes } from "../derive/payload-attributes.ts";
import { DEPOSIT_TYPE } from "../formats/deposit.ts";
import { FormatError } from "../formats/errors.ts";
import type { L1Block } from "../formats/l1-block.ts";
import { type RawBlock, readRawBlock } from "../roles/raw-block.ts";
import type { BlockHistory } from "./block-history.ts";
import { payloadSigner } from "./block-signature.ts";
import { PeerError } from "./errors.ts";
import type { SignerSource } from "./l1-signer.ts";
import { encodeMessage, type SignedBlock } from "./stream-format.ts";
import { type WaitingBlock, WaitingBlocks } from "./waiting-blocks.ts";

export interface UnsafeImporterParts {
  readonly config: RollupConfig;
  readonly chain: ChainApi;
  readonly engine: L2Engine;
  readonly l1: L1Source;
  readonly signer: SignerSource;
  /** What is handed on to this node's own readers. */
  readonly history: BlockHistory;
  /** Milliseconds since the epoch. Default: the wall clock. */
  readonly now?: () => number;
}

/** `joined`: it is the head, or was before its children joined. `waiting`: for its parent or its L1 origin. `useless`: old, or far ahead. */
export type ImportOutcome = "joined" | "known" | "waiting" | "useless";

/** Seconds by which clocks may differ. OP Stack, rollup-node p2p: "Block validation". */
const CLOCK_DRIFT = 5n;
/** A block further above the head cannot be connected to it before others have come. */
const FURTHEST = 2_048n;

/**
 * Appends signed blocks to the head, one at a time. A block joins only if derivation, too, could make a block with its
 * beginning there: same parent, L1 origin, deposits and attributes. What is below the head is never touched: only L1 does that.
 */
export class UnsafeImporter {
  readonly #parts: UnsafeImporterParts;
  readonly #waiting = new WaitingBlocks();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: UnsafeImporterParts) {
    this.#parts = parts;
    const { chain, history } = parts;
    chain.on("reorg", ({ ancestor }) => history.rewind(ancestor.header.number + 1n));
  }

  /** Blocks that wait for others. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** @throws PeerError; L1Error and ChainError for what is not the peer's fault */
  offer(signed: SignedBlock): Promise<ImportOutcome> {
    return this.#inTurn(() => this.#offer(signed));
  }

  /** Tries again what waits for L1. @throws L1Error, ChainError */
  retry(): Promise<unknown> {
    return this.#inTurn(() => this.#connect());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #offer(signed: SignedBlock): Promise<ImportOutcome> {
    const { engine, chain } = this.#parts;
    const raw = this.#read(signed.payload);
    const { hash, number } = raw.block;
    if (this.#waiting.has(hash)) return "known";
    if (chain.block(hexToBytes(hash))) {
      await this.#handOn(raw.block, signed);
      return "known";
    }
    const head = engine.unsafe().number;
    if (number <= head || number > head + FURTHEST) return "useless";
    await this.#checkSignature(signed);
    this.#checkTime(raw.block);
    this.#waiting.add({ ...raw, signed });
    const refused = await this.#connect();
    if (refused.has(hash)) throw new PeerError("INVALID_BLOCK", `block ${number}: ${refused.get(hash)}`);
    return this.#waiting.has(hash) ? "waiting" : "joined";
  }

  /** After a start, own readers may lack blocks that are here already. */
  async #handOn({ hash, number }: L2Block, signed: SignedBlock): Promise<void> {
    const { chain, history } = this.#parts;
    if (number < history.next || !chain.isCanonical(hexToBytes(hash))) return;
    await this.#checkSignature(signed);
    history.add(number, encodeMessage({ kind: "block", ...signed }));
  }

  #read(payload: Uint8Array): RawBlock {
    try {
      return readRawBlock(payload, this.#parts.config);
    } catch (cause) {
      if (!(cause instanceof RlpError || cause instanceof FormatError)) throw cause;
      throw new PeerError("MALFORMED", `a block cannot be read: ${cause.shortMessage}`, { cause });
    }
  }

  /** The signer may just have been changed on L1: it is asked again before a peer is blamed. */
  async #checkSignature({ payload, signature }: SignedBlock): Promise<void> {
    const { signer, config } = this.#parts;
    const found = await payloadSigner(config.l2ChainId, payload, signature);
    if (found !== undefined && (found === (await signer.current()) || found === (await signer.renewed()))) return;
    throw new PeerError("WRONG_SIGNER", `a block signed by ${found ?? "nobody"}`);
  }

  #checkTime({ number, timestamp }: L2Block): void {
    const now = BigInt(Math.floor((this.#parts.now ?? Date.now)() / 1000));
    if (timestamp <= now + CLOCK_DRIFT) return;
    throw new PeerError("FUTURE_BLOCK", `block ${number} is of ${timestamp}, it is ${now}`);
  }

  /** Appends what fits, one block after the other. @returns what was refused, by hash, and why */
  async #connect(): Promise<ReadonlyMap<string, string>> {
    const { engine, l1 } = this.#parts;
    const refused = new Map<string, string>();
    for (;;) {
      const parent = engine.unsafe();
      const next = this.#waiting.childOf(parent.hash);
      if (!next) break;
      const origin = await l1.block(next.block.origin.hash);
      if (!origin) break;
      // Derivation may have moved the head meanwhile.
      if (engine.unsafe().hash !== parent.hash) continue;
      const problem = contradiction(next, parent, origin, this.#parts.config) ?? (await this.#append(next));
      this.#waiting.remove(next);
      if (problem !== undefined) refused.set(next.block.hash, problem);
    }
    this.#waiting.dropUpTo(engine.unsafe().number);
    return refused;
  }

  /** @returns why it cannot be executed */
  async #append({ block, signed }: WaitingBlock): Promise<string | undefined> {
    const { chain, history } = this.#parts;
    try {
      await chain.importBlock(signed.payload);
    } catch (error) {
      if (error instanceof InvalidBlockError) return error.shortMessage;
      throw error;
    }
    if (bytesToHex(chain.head().hash) === block.hash) {
      history.add(block.number, encodeMessage({ kind: "block", ...signed }));
    }
    return undefined;
  }
}

/** Why no sequencer that follows L1 can have made this block on this parent. */
const contradiction = (
  { block, header, transactions }: RawBlock,
  parent: L2Block,
  origin: L1Block,
  config: RollupConfig,
): string | undefined => {
  if (block.number !== parent.number + 1n) return "its number does not follow its parent's";
  if (block.timestamp !== parent.timestamp + config.blockTime) return "its time does not follow its parent's";
  const isSameEpoch = origin.hash === parent.origin.hash;
  if (!isSameEpoch && origin.parentHash !== parent.origin.hash) return "its L1 origin does not follow its parent's";
  if (block.timestamp < origin.timestamp) return "it is older than its L1 origin";
  const deposits = transactions.findIndex(([type]) => type !== DEPOSIT_TYPE);
  const sequenced = deposits < 0 ? [] : transactions.slice(deposits);
  const expected = payloadAttributes(config, parent, block.timestamp, origin, sequenced);
  const { block: attributes } = expected;
  const isSameHeader =
    header.gasLimit === attributes.gasLimit &&
    isSame(header.coinbase, attributes.coinbase) &&
    isSame(header.mixHash, attributes.prevRandao) &&
    isSame(header.extraData, attributes.extraData) &&
    isSame(header.parentBeaconBlockRoot, attributes.parentBeaconBlockRoot);
  if (!isSameHeader) return "its header is not what L1 says";
  const isSameStart =
    transactions.length === expected.transactions.length &&
    transactions.every((raw, index) => isSame(raw, expected.transactions[index]!));
  return isSameStart ? undefined : "its deposits are not those of its L1 origin";
};

const isSame = (left: Uint8Array, right: Uint8Array | undefined): boolean =>
  right !== undefined && Buffer.compare(left, right) === 0;
