import { PoolError } from "@hyperion/chain";
import type { Leadership, Ordering } from "./ordering.ts";

/** A node that follows: it orders nothing, and hands transactions to who does, where it knows one. */
export class FollowingOrdering implements Ordering {
  readonly #forward: ((raw: Uint8Array) => Promise<Uint8Array>) | undefined;

  /** @param forward hands a raw transaction to the sequencer; resolves to its hash */
  constructor(forward?: (raw: Uint8Array) => Promise<Uint8Array>) {
    this.#forward = forward;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  async submit(raw: Uint8Array): Promise<Uint8Array> {
    if (!this.#forward) throw new PoolError("NO_SEQUENCER");
    return this.#forward(raw);
  }

  leadership(): Leadership {
    return { leading: false, kind: "following" };
  }
}
