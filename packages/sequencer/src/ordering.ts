import type { ChainApi } from "@hyperion/chain";

/** Who decides which transactions enter which block, and when blocks are opened and sealed. */
export interface Ordering {
  start(): Promise<void>;
  /** Seals what was acknowledged, waits until it is durable. Idempotent. */
  stop(): Promise<void>;
  /** Accepts a signed transaction. Resolves to its hash once pooled (and, when executable, executed). Rejects with `PoolError`. */
  submit(raw: Uint8Array): Promise<Uint8Array>;
  leadership(): Leadership;
}

export interface Leadership {
  /** Whether this node orders transactions now. */
  readonly leading: boolean;
  /** Name of the implementation: "solo", … */
  readonly kind: string;
}

/** Dev controls over sealing; only the solo sequencer offers them. */
export interface SealingControls {
  /** Like `Ordering.submit` for an unsigned transaction of an impersonated sender. */
  submitUnsigned(request: UnsignedTransaction): Promise<Uint8Array>;
  /** Seals `count` blocks at once, `interval` seconds apart in their timestamps. */
  mine(count: number, interval?: bigint): Promise<void>;
  /** On: every accepted transaction seals its own block. */
  setAutomine(enabled: boolean): Promise<void>;
  automine(): boolean;
  /** Milliseconds between blocks; 0 turns the interval off. */
  setInterval(milliseconds: number): void;
  interval(): number;
}

export type UnsignedTransaction = Parameters<ChainApi["dev"]["sendUnsigned"]>[0];
