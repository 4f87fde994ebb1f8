import type { TraceEnter } from "@hyperion/kernel";
import { expect, it } from "vitest";
import { transferLogCollector } from "./transfer-logs.ts";

const account = (byte: number): Uint8Array => new Uint8Array(20).fill(byte);

const enter = (kind: TraceEnter["kind"], to: number, value: bigint): TraceEnter => ({
  kind,
  depth: 0,
  from: account(1),
  to: account(to),
  input: new Uint8Array(0),
  gas: 0n,
  value,
  precompile: false,
});

const exit = (
  halt: "success" | "revert",
): { depth: number; halt: typeof halt; gasUsed: bigint; output: Uint8Array } => ({
  depth: 0,
  halt,
  gasUsed: 0n,
  output: new Uint8Array(0),
});

it("shows transfers in order and forgets those of failed calls", () => {
  const { tracer, take } = transferLogCollector();
  tracer.onEnter?.(enter("CALL", 2, 5n));
  tracer.onEnter?.(enter("CALL", 3, 7n));
  tracer.onLog?.({ address: account(9), topics: [], data: new Uint8Array(0) });
  tracer.onExit?.(exit("revert"));
  tracer.onEnter?.(enter("DELEGATECALL", 4, 5n));
  tracer.onExit?.(exit("success"));
  tracer.onEnter?.(enter("SELFDESTRUCT", 5, 9n));
  tracer.onExit?.(exit("success"));
  tracer.onExit?.(exit("success"));
  expect(take().map(({ log, index }) => [log.topics[2]?.[31], log.data[31], index])).toEqual([
    [2, 5, 0],
    [5, 9, 3],
  ]);
  expect(take()).toEqual([]);
});
