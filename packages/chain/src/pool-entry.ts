import type { CallRequest, Transaction } from "@hyperion/kernel";

/** A transaction in the pool. */
export interface PoolEntry {
  readonly transaction: Transaction;
  readonly key: string;
  readonly sender: string;
  /** The most that it can take from its sender, in wei. */
  readonly cost: bigint;
  /** Order of arrival. */
  readonly sequence: number;
  /** Milliseconds, `performance.now()`. */
  readonly received: number;
  /** The message of an impersonated sender, whose signature is not checked. */
  readonly unsigned?: CallRequest;
  /** The open block has executed it. */
  executed: boolean;
}
