import type { ChainConfig, Header, KernelApi, Receipt, Tracer, TransactionOutcome } from "@hyperion/kernel";

/** The message that is traced: a transaction or a call. */
export interface TracedMessage {
  readonly from: Uint8Array;
  readonly to?: Uint8Array;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly gas: bigint;
  /** Accounts whose EIP-7702 delegation the message sets. */
  readonly authorities: readonly Uint8Array[];
}

/** How the traced message ended. */
export interface TracedOutcome {
  readonly receipt: Receipt;
  readonly halt: Extract<TransactionOutcome, { valid: true }>["halt"];
  readonly output: Uint8Array;
}

export interface TraceEnvironment {
  readonly config: ChainConfig;
  readonly header: Header;
  readonly kernel: KernelApi;
}

/**
 * Collects one message at a time: `begin`, then the kernel's callbacks, then `finish`. `replay` re-runs the message
 * without observing it, on a kernel that was rolled back to before it.
 */
export interface MessageTracer {
  /** The effects of the message must stay in the state until `finish`. */
  readonly readsEffects?: boolean;
  readonly tracer: Tracer;
  begin(message: TracedMessage, environment: TraceEnvironment): void;
  finish(outcome: TracedOutcome, environment: TraceEnvironment, replay: () => void): unknown;
}

/** Options of the struct logger and the name and options of a built-in tracer. */
export interface TraceOptions {
  readonly tracer?: string | undefined;
  readonly tracerConfig?: Readonly<Record<string, unknown>> | undefined;
  readonly enableMemory?: boolean | undefined;
  readonly disableStack?: boolean | undefined;
  readonly disableStorage?: boolean | undefined;
  readonly enableReturnData?: boolean | undefined;
  readonly limit?: number | undefined;
}

/** Throws when a trace outgrows what the node keeps in memory. */
export type TraceBudget = (bytes: number) => void;
