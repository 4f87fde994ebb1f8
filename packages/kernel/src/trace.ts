import { HALT_REASONS } from "./outcomes.ts";
import type { TraceEnter, Tracer, TraceStep } from "./types.ts";

const KINDS: readonly TraceEnter["kind"][] = [
  "CALL",
  "CALLCODE",
  "DELEGATECALL",
  "STATICCALL",
  "CREATE",
  "CREATE2",
  "SELFDESTRUCT",
];

/** Reads the records of `assembly/trace/trace.ts`, whose pointers are valid during the call only. */
class TraceRecord {
  readonly #memory: Uint8Array;
  readonly #view: DataView;
  readonly #at: number;

  constructor(memory: Uint8Array, at: number) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
    this.#at = at >>> 0;
  }

  u32(offset: number): number {
    return this.#view.getUint32(this.#at + offset, true);
  }

  i64(offset: number): bigint {
    return this.#view.getBigInt64(this.#at + offset, true);
  }

  /** A copy of the bytes that the field points to. */
  bytes(offset: number, length: number): Uint8Array {
    const pointer = this.u32(offset);
    return this.#memory.slice(pointer, pointer + length);
  }

  /** The word at `index` behind the field, big-endian. */
  word(offset: number, index: number): Uint8Array {
    const pointer = this.u32(offset) + index * 32;
    return this.#memory.slice(pointer, pointer + 32).reverse();
  }
}

/** Host functions of the tracing build: each hands a record to the tracer. */
export function traceImports(tracer: Tracer, memory: () => Uint8Array): Record<string, (record: number) => void> {
  return {
    traceStep: (at) => tracer.onStep?.(step(new TraceRecord(memory(), at))),
    traceEnter: (at) => tracer.onEnter?.(enter(new TraceRecord(memory(), at))),
    traceExit: (at) => {
      const record = new TraceRecord(memory(), at);
      tracer.onExit?.({
        depth: record.u32(0),
        halt: HALT_REASONS[record.u32(4)]!,
        gasUsed: record.i64(8),
        output: record.bytes(16, record.u32(20)),
      });
    },
    traceLog: (at) => {
      const record = new TraceRecord(memory(), at);
      const topics = record.bytes(8, record.u32(4) * 32);
      tracer.onLog?.({
        address: record.bytes(0, 20),
        topics: Array.from({ length: topics.length / 32 }, (_, index) => topics.slice(index * 32, index * 32 + 32)),
        data: record.bytes(12, record.u32(16)),
      });
    },
  };
}

function step(record: TraceRecord): TraceStep {
  return {
    pc: record.u32(0),
    op: record.u32(4),
    gas: record.i64(8),
    gasCost: record.i64(16),
    refund: record.i64(24),
    depth: record.u32(32),
    address: record.bytes(36, 20),
    stack: () => Array.from({ length: record.u32(44) }, (_, index) => record.word(40, index)),
    memory: () => record.bytes(48, record.u32(52)),
    returnData: () => record.bytes(56, record.u32(60)),
  };
}

function enter(record: TraceRecord): TraceEnter {
  return {
    kind: KINDS[record.u32(0)]!,
    depth: record.u32(4),
    gas: record.i64(8),
    from: record.bytes(16, 20),
    to: record.bytes(20, 20),
    value: BigInt(`0x${Buffer.from(record.word(24, 0)).toString("hex")}`),
    input: record.bytes(28, record.u32(32)),
    precompile: record.u32(36) !== 0,
  };
}
