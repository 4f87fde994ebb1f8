import { INFERENCE_ADDRESS } from "@hyperion/inference";
import type { TraceEnter } from "@hyperion/kernel";
import { data } from "../hex.ts";
import type { MessageTracer, TraceBudget } from "./tracer.ts";

/** A call of the inference precompile as it was made. */
export interface InferenceCall {
  readonly from: string;
  readonly input: Uint8Array;
  readonly gas: bigint;
  readonly gasUsed: bigint;
  readonly output: Uint8Array;
  /** 0 success, 1 revert, 2 out of gas. */
  readonly status: number;
}

/** Collects the calls of the inference precompile. */
export const inferenceTracer = (budget: TraceBudget): MessageTracer => {
  let calls: InferenceCall[] = [];
  let stack: (TraceEnter | undefined)[] = [];
  return {
    tracer: {
      onEnter(enter) {
        const isInference = enter.precompile && data(enter.to) === INFERENCE_ADDRESS;
        if (isInference) budget(enter.input.length);
        stack.push(isInference ? { ...enter, input: enter.input.slice(), from: enter.from.slice() } : undefined);
      },
      onExit({ halt, output, gasUsed }) {
        const enter = stack.pop();
        if (!enter) return;
        budget(output.length);
        const status = halt === "success" ? 0 : halt === "revert" ? 1 : 2;
        const { from, input, gas } = enter;
        calls.push({ from: data(from), input, gas, gasUsed, output: output.slice(), status });
      },
    },
    begin() {
      calls = [];
      stack = [];
    },
    finish: () => calls,
  };
};
