import { ExecutionRecord, endOfRecord, type VisitLog } from "./execution-record.ts";
import type { Receipt } from "./receipt.ts";

/** What executing a block's transactions came to: their records as the kernel wrote them, one after the other. */
export class Execution {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #records: readonly ExecutionRecord[] | undefined;

  /** `bytes` stay as they are. `isWellFormed` says whether those of unknown origin may be read. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Copies the records. */
  static of(records: readonly ExecutionRecord[]): Execution {
    const joined = new Uint8Array(records.reduce((sum, { bytes }) => sum + bytes.length, 0));
    let at = 0;
    for (const { bytes } of records) {
      joined.set(bytes, at);
      at += bytes.length;
    }
    return new Execution(joined);
  }

  /** Whether the bytes can be read to their end; nothing else may be asked before. */
  get isWellFormed(): boolean {
    let at = 0;
    while (at >= 0 && at < this.bytes.length) at = endOfRecord(this.#view, at);
    return at >= 0;
  }

  get records(): readonly ExecutionRecord[] {
    this.#records ??= this.#split();
    return this.#records;
  }

  get receipts(): readonly Receipt[] {
    return this.records.map(({ receipt }) => receipt);
  }

  /** Passes over the logs of all transactions without decoding any. */
  visitLogs(visit: VisitLog): void {
    for (const record of this.records) record.visitLogs(visit);
  }

  #split(): ExecutionRecord[] {
    const records: ExecutionRecord[] = [];
    for (let at = 0; at < this.bytes.length; at += this.#view.getUint32(at, true)) {
      records.push(new ExecutionRecord(this.bytes, this.#view, at));
    }
    return records;
  }
}
