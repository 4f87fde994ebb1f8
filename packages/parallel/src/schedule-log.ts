import type { BatchReport, BatchSchedule } from "@hyperion/kernel";

/** A batch that ran in parallel, as part of a block. */
export interface ScheduledBatch {
  /** Hashes of its transactions, refused ones among them. */
  readonly hashes: readonly Uint8Array[];
  readonly milliseconds: number;
  readonly schedule: BatchSchedule;
}

interface Entry {
  readonly hashes: readonly Uint8Array[];
  readonly report: BatchReport;
}

const BLOCKS = 128;

/** How the newest blocks were executed. Schedules are decoded when somebody asks. */
export class ScheduleLog {
  readonly #blocks = new Map<string, readonly Entry[]>();
  #open: Entry[] = [];

  /** Adds a batch to the open block; one that ran serially has no schedule. */
  add(hashes: readonly Uint8Array[], report: BatchReport | undefined): void {
    if (report?.schedule) this.#open.push({ hashes, report });
  }

  /** The open block was dropped or begun anew. */
  reset(): void {
    this.#open = [];
  }

  /** The open block became the one with this hash. */
  seal(blockHash: Uint8Array): void {
    if (this.#open.length > 0) this.#blocks.set(Buffer.from(blockHash).toString("hex"), this.#open);
    this.#open = [];
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= BLOCKS) break;
      this.#blocks.delete(oldest);
    }
  }

  /** Batches of a block that ran in parallel; none when it ran serially, or too long ago. */
  batches(blockHash: Uint8Array): ScheduledBatch[] {
    const entries = this.#blocks.get(Buffer.from(blockHash).toString("hex")) ?? [];
    return entries.map(({ hashes, report }) => ({
      hashes,
      milliseconds: report.milliseconds,
      schedule: report.schedule!(),
    }));
  }
}
