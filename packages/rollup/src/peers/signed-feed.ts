import type { ChainApi } from "@hyperion/chain";
import { bytesToHex } from "viem";
import type { BlockHistory } from "./block-history.ts";
import { type SignHash, signPayload } from "./block-signature.ts";
import { encodeMessage, MAX_FRAME_BYTES } from "./stream-format.ts";

export interface SignedFeedOptions {
  readonly chain: ChainApi;
  readonly chainId: bigint;
  readonly history: BlockHistory;
  readonly sign: SignHash;
  /** Told when a block could not be read or signed; the next one that is persisted begins again there. */
  readonly onError: (error: Error) => void;
}

/** Blocks below the head that are signed again after a start. */
const LOOK_BACK = 256n;

/** Signs the sequencer's blocks once they are on its disk: what it has told others it must not forget in a crash. */
export class SignedFeed {
  readonly #options: SignedFeedOptions;
  #next: bigint;
  #persisted: bigint;
  #work: Promise<void> = Promise.resolve();
  #isOver = false;

  /** @param options `chain`: one that was just opened, so that its head is on disk */
  constructor(options: SignedFeedOptions) {
    this.#options = options;
    const { chain } = options;
    this.#persisted = chain.head().header.number;
    this.#next = this.#persisted > LOOK_BACK ? this.#persisted - LOOK_BACK + 1n : 1n;
    chain.on("persisted", this.#onPersisted);
    chain.on("reorg", this.#onReorg);
    this.#queue();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#options.chain.off("persisted", this.#onPersisted);
    this.#options.chain.off("reorg", this.#onReorg);
    await this.#work;
  }

  readonly #onPersisted = (number: bigint, hash: Uint8Array): void => {
    if (!this.#options.chain.isCanonical(hash)) return;
    this.#persisted = number;
    this.#queue();
  };

  readonly #onReorg = ({ ancestor }: { readonly ancestor: { readonly header: { readonly number: bigint } } }): void => {
    const { number } = ancestor.header;
    this.#options.history.rewind(number + 1n);
    if (this.#persisted > number) this.#persisted = number;
    if (this.#next > number + 1n) this.#next = number + 1n;
  };

  #queue(): void {
    this.#work = this.#work.then(() => this.#catchUp()).catch(this.#options.onError);
  }

  async #catchUp(): Promise<void> {
    while (!this.#isOver && this.#next <= this.#persisted) await this.#sign(this.#next);
  }

  async #sign(number: bigint): Promise<void> {
    const { chain, chainId, history, sign } = this.#options;
    const block = chain.block(number)!;
    const payload = block.rlp;
    const signature = await signPayload(sign, chainId, payload);
    // A reorg while it was signed has moved the feed back.
    const canonical = chain.canonicalHash(number);
    if (this.#next !== number || !canonical || bytesToHex(canonical) !== bytesToHex(block.hash)) return;
    this.#next++;
    const frame = encodeMessage({ kind: "block", signature, payload });
    if (frame.length <= MAX_FRAME_BYTES) history.add(number, frame);
  }
}
