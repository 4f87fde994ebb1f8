import type { CallEvidence } from "../evidence.ts";
import type { AnswerRequest, Finish, RequestErrorCode } from "../request.ts";

/** Where the thread finds a model. */
export interface ModelSource {
  readonly root: Uint8Array;
  readonly bytes: number;
  /** Path of the blob, or the blob itself. */
  readonly blob: string | Uint8Array;
}

/** What the thread is started with. */
export interface ThreadData {
  readonly residentBytes: number;
  readonly threads: number;
  /** i32 [1]: number of the job that is to end. */
  readonly cancelled: Int32Array;
}

export type Task =
  | { readonly kind: "answer"; readonly request: AnswerRequest }
  | { readonly kind: "embed"; readonly texts: readonly string[] }
  | { readonly kind: "examine"; readonly calldata: Uint8Array; readonly gas: bigint; readonly registered: boolean };

/** What a task gives, by its kind. */
export type Result = Completion | Embeddings | CallEvidence;

/** To the thread: a model before the first job that asks it, by the hex digits of its root. */
export type Order =
  | { readonly kind: "model"; readonly root: string; readonly source: ModelSource }
  | { readonly kind: "job"; readonly id: number; readonly root: string; readonly task: Task };

export type Job = Extract<Order, { kind: "job" }>;

export interface Completion {
  readonly text: string;
  readonly promptTokens: number;
  readonly tokens: number;
  readonly finish: Finish;
}

export interface Embeddings {
  /** Directions: lengths mean nothing. */
  readonly vectors: readonly Int16Array[];
  readonly promptTokens: number;
}

/** From the thread: text as it is made, then one result or error. */
export type Message =
  | { readonly id: number; readonly kind: "text"; readonly text: string; readonly tokens: number }
  | { readonly id: number; readonly kind: "result"; readonly result: Result }
  | { readonly id: number; readonly kind: "error"; readonly code: RequestErrorCode; readonly message: string };
