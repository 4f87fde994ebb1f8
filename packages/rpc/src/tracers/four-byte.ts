import type { TraceEnter } from "@hyperion/kernel";
import { data } from "../hex.ts";
import type { MessageTracer } from "./tracer.ts";

const CALLS: ReadonlySet<TraceEnter["kind"]> = new Set(["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"]);

const SELECTOR_LENGTH = 4;

/** geth's 4byteTracer: how often each selector was called with how many bytes of arguments. */
export const fourByteTracer = (): MessageTracer => {
  let counts = new Map<string, number>();
  return {
    tracer: {
      onEnter({ kind, input, precompile }) {
        if (!CALLS.has(kind) || precompile || input.length < SELECTOR_LENGTH) return;
        const key = `${data(input.subarray(0, SELECTOR_LENGTH))}-${input.length - SELECTOR_LENGTH}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      },
    },
    begin() {
      counts = new Map();
    },
    finish: () => Object.fromEntries(counts),
  };
};
