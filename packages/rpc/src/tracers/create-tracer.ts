import { invalidParams } from "../errors.ts";
import { callTracer } from "./call.ts";
import { fourByteTracer } from "./four-byte.ts";
import { noopTracer } from "./noop.ts";
import { prestateTracer } from "./prestate.ts";
import { structLogTracer } from "./struct-log.ts";
import type { MessageTracer, TraceBudget, TraceOptions } from "./tracer.ts";

const TRACERS: Readonly<Record<string, (options: TraceOptions, budget: TraceBudget) => MessageTracer>> = {
  callTracer: ({ tracerConfig }, budget) =>
    callTracer({ onlyTopCall: tracerConfig?.onlyTopCall === true, withLog: tracerConfig?.withLog === true }, budget),
  prestateTracer: ({ tracerConfig }) =>
    prestateTracer({
      diffMode: tracerConfig?.diffMode === true,
      disableCode: tracerConfig?.disableCode === true,
      disableStorage: tracerConfig?.disableStorage === true,
    }),
  "4byteTracer": () => fourByteTracer(),
  noopTracer: () => noopTracer(),
};

/** The tracer the options name; without a name the struct logger. Throws for unknown names. */
export const createTracer = (options: TraceOptions, budget: TraceBudget): MessageTracer => {
  const { tracer: name } = options;
  if (!name) return structLogTracer(options, budget);
  const create = Object.hasOwn(TRACERS, name) ? TRACERS[name] : undefined;
  if (!create) throw invalidParams(`tracer ${name.slice(0, 64)} is not available`);
  return create(options, budget);
};
