import type { MessageTracer } from "./tracer.ts";

/** Observes nothing: measures the cost of tracing itself. */
export const noopTracer = (): MessageTracer => ({ tracer: {}, begin: () => undefined, finish: () => ({}) });
