import type { Log, TraceEnter, TraceExit } from "@hyperion/kernel";
import { haltMessage, revertReason } from "../errors.ts";
import type { Json } from "../format/json.ts";
import { data, quantity } from "../hex.ts";
import type { MessageTracer, TraceBudget } from "./tracer.ts";

interface CallTracerOptions {
  /** Leaves out inner calls. */
  readonly onlyTopCall: boolean;
  /** Adds the logs each call emitted. */
  readonly withLog: boolean;
}

/** A call that is still running or done. */
interface Frame {
  readonly enter: Omit<TraceEnter, "input" | "from" | "to"> & { readonly json: Json };
  readonly calls: Json[];
  readonly logs: Json[];
}

const ENTRY_BYTES = 400;

const isCreate = (kind: TraceEnter["kind"]): boolean => kind === "CREATE" || kind === "CREATE2";

const open = (enter: TraceEnter): Frame => ({
  enter: {
    ...enter,
    json: {
      from: data(enter.from),
      gas: quantity(enter.gas),
      gasUsed: "0x0",
      to: data(enter.to),
      input: data(enter.input),
      ...(enter.kind === "STATICCALL" ? {} : { value: quantity(enter.value) }),
      type: enter.kind,
    },
  },
  calls: [],
  logs: [],
});

const describeFailure = (
  json: Json,
  kind: TraceEnter["kind"],
  { halt, output }: Pick<TraceExit, "halt" | "output">,
): void => {
  json.error = haltMessage(halt);
  if (isCreate(kind)) delete json.to;
  if (halt !== "revert" || output.length === 0) return;
  json.output = data(output);
  const reason = revertReason(output);
  if (reason !== undefined) json.revertReason = reason;
};

const close = ({ enter, calls, logs }: Frame, exit: Pick<TraceExit, "halt" | "output" | "gasUsed">): Json => {
  const { json, kind } = enter;
  json.gasUsed = quantity(exit.gasUsed);
  if (exit.halt !== "success") describeFailure(json, kind, exit);
  else if (exit.output.length > 0) json.output = data(exit.output);
  if (calls.length > 0) json.calls = calls;
  if (logs.length > 0) json.logs = logs;
  return json;
};

/** Takes the logs away from a failed call and everything below it. */
const clearFailedLogs = (call: Json, parentFailed: boolean): void => {
  const failed = parentFailed || call.error !== undefined;
  if (failed) delete call.logs;
  for (const inner of (call.calls as Json[] | undefined) ?? []) clearFailedLogs(inner, failed);
};

/** geth's callTracer: the tree of calls. */
export const callTracer = (options: CallTracerOptions, budget: TraceBudget): MessageTracer => {
  let stack: Frame[] = [];
  let top: Json | undefined;
  let logCount = 0;
  let gasLimit = 0n;

  const onEnter = (enter: TraceEnter): void => {
    if (options.onlyTopCall && stack.length > 0) {
      stack.push(HIDDEN);
      return;
    }
    budget(ENTRY_BYTES + enter.input.length * 2);
    stack.push(open(enter));
  };

  const onExit = (exit: TraceExit): void => {
    const frame = stack.pop();
    if (!frame || frame === HIDDEN) return;
    budget(exit.output.length * 2);
    const call = close(frame, exit);
    const parent = stack.at(-1);
    if (parent) parent.calls.push(call);
    else top = call;
  };

  const onLog = (log: Log): void => {
    const frame = stack.at(-1);
    if (!frame || frame === HIDDEN) return;
    budget(ENTRY_BYTES + log.data.length * 2);
    frame.logs.push({
      address: data(log.address),
      topics: log.topics.map((topic) => data(topic)),
      data: data(log.data),
      index: quantity(logCount++),
      position: quantity(frame.calls.length),
    });
  };

  return {
    tracer: { onEnter, onExit, ...(options.withLog ? { onLog } : {}) },
    begin(message) {
      stack = [];
      top = undefined;
      logCount = 0;
      gasLimit = message.gas;
    },
    finish({ receipt }) {
      if (!top) return null;
      top.gas = quantity(gasLimit);
      top.gasUsed = quantity(receipt.gasUsed);
      if (options.withLog) clearFailedLogs(top, false);
      return top;
    },
  };
};

/** Stands for inner calls that are not shown. */
const HIDDEN = {} as Frame;
