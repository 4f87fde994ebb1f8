import type { WireReader } from "./codec.ts";
import { type ExecutionRecord, readRecord } from "./execution-record.ts";
import { HALT_REASONS } from "./outcomes.ts";
import type { Receipt } from "./receipt.ts";
import type { ExecutedTransaction, HaltReason } from "./types.ts";

const NO_BYTES = new Uint8Array(0);

/** How a valid transaction ended; its receipt is decoded where somebody looks. */
export class ExecutedOutcome implements ExecutedTransaction {
  readonly valid = true as const;
  readonly halt: HaltReason;
  readonly output: Uint8Array;
  readonly record: ExecutionRecord;

  /** Reads what follows the validity flag in a kernel's answer. */
  constructor(from: WireReader) {
    this.halt = HALT_REASONS[from.u8()]!;
    const length = from.u32();
    const start = from.skip(length);
    this.output = length === 0 ? NO_BYTES : from.message.subarray(start, start + length);
    this.record = readRecord(from);
  }

  get hash(): Uint8Array {
    return this.record.hash;
  }

  get from(): Uint8Array {
    return this.record.from;
  }

  get receipt(): Receipt {
    return this.record.receipt;
  }
}
