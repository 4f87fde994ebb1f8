import type { RawBlock } from "../roles/raw-block.ts";
import type { SignedBlock } from "./stream-format.ts";

/** A block whose signature is good. */
export interface WaitingBlock extends RawBlock {
  readonly signed: SignedBlock;
}

const MAX_BLOCKS = 512;
const MAX_BYTES = 64 * 1024 * 1024;

/** Blocks that came before their parents. When there are too many the highest go: they come again, the lowest are needed first. */
export class WaitingBlocks {
  readonly #blocks = new Map<string, WaitingBlock>();
  #bytes = 0;

  get size(): number {
    return this.#blocks.size;
  }

  has(hash: string): boolean {
    return this.#blocks.has(hash);
  }

  add(waiting: WaitingBlock): void {
    this.#blocks.set(waiting.block.hash, waiting);
    this.#bytes += waiting.signed.payload.length;
    while (this.#blocks.size > MAX_BLOCKS || this.#bytes > MAX_BYTES) this.remove(this.#highest());
  }

  childOf(parentHash: string): WaitingBlock | undefined {
    return [...this.#blocks.values()].find(({ block }) => block.parentHash === parentHash);
  }

  remove({ block: { hash }, signed }: WaitingBlock): void {
    if (this.#blocks.delete(hash)) this.#bytes -= signed.payload.length;
  }

  /** Forgets what is not above that height. */
  dropUpTo(number: bigint): void {
    for (const waiting of [...this.#blocks.values()]) if (waiting.block.number <= number) this.remove(waiting);
  }

  #highest(): WaitingBlock {
    return [...this.#blocks.values()].reduce((highest, waiting) =>
      waiting.block.number > highest.block.number ? waiting : highest,
    );
  }
}
