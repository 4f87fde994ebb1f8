import type { Mismatch, SuiteOptions } from "./suite.ts";

export interface WorkerData {
  readonly suite: string;
  readonly filter: string;
  readonly options: SuiteOptions;
}

/** One file; `from` skips cases already done when a worker is replaced. `label` is the path as reports show it. */
export interface Job {
  readonly path: string;
  readonly label: string;
  readonly from: number;
}

export type CaseReport =
  | { readonly name: string; readonly status: "passed" | "skipped"; readonly reason?: string }
  | ({ readonly name: string; readonly status: "failed" } & Mismatch);

export type ToWorker = { readonly kind: "run"; readonly job: Job } | { readonly kind: "stop" };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "start"; readonly name: string; readonly index: number }
  | { readonly kind: "done"; readonly report: CaseReport };
