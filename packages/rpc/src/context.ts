import type { ChainApi } from "@hyperion/chain";
import type { InferenceService } from "@hyperion/inference";
import type { Deployment, L1Ref, L1Source, L2Engine, RollupConfig } from "@hyperion/rollup";
import type { Ordering, SealingControls } from "@hyperion/sequencer";
import type { RpcConfig } from "./config.ts";
import type { Filters } from "./filters.ts";

/** Where the server writes; pino's call shape. */
export interface RpcLogger {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}

/** What the server reports; the node implements it with its metrics registry. */
export interface RpcMetrics {
  /** Called when a method starts; the result is called once when it ends. */
  start(method: string): (ok: boolean) => void;
  /** Change of the number of open connections. */
  connections(kind: "http" | "websocket", delta: number): void;
  /** Body of GET /metrics. */
  text?(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** An account the node signs for: development chains only. */
export interface DevSigner {
  /** 20 bytes. */
  readonly address: Uint8Array;
  /** secp256k1 over a 32-byte digest, low s. */
  sign(digest: Uint8Array): { readonly r: bigint; readonly s: bigint; readonly yParity: 0 | 1 };
}

/** What `optimism_` methods tell of. */
export interface RollupView {
  readonly config: RollupConfig;
  readonly deployment: Deployment;
  /** Development chains have an L1 of their own. */
  readonly l1Url?: string;
  readonly engine: L2Engine;
  readonly l1: L1Source;
  /** The newest L1 block from which everything has been derived. */
  readonly progress: { readonly origin: L1Ref | undefined };
}

/** Everything a method may use. */
export interface RpcContext {
  readonly chain: ChainApi;
  readonly ordering: Ordering;
  /** Only the solo sequencer has it; needed by the dev namespace. */
  readonly sealing: SealingControls | undefined;
  readonly config: RpcConfig;
  readonly logger: RpcLogger;
  readonly metrics: RpcMetrics | undefined;
  readonly filters: Filters;
  readonly clientVersion: string;
  readonly signers: readonly DevSigner[];
  /** Activation blocks that count for the fork identifier (EIP-2124) but change no rule of the kernel. */
  readonly extraForkBlocks: readonly bigint[];
  readonly rollup: RollupView | undefined;
  /** Models for users outside the chain. */
  readonly inference: InferenceService | undefined;
}
