import type { InferenceService } from "@hyperion/inference";
import type { z } from "zod";
import { firstProblem } from "../schema/scalars.ts";
import type { EventStream } from "../transport/event-stream.ts";
import { invalid } from "./problem.ts";

/** One request to an endpoint. */
export interface ApiExchange {
  readonly service: InferenceService;
  readonly body: unknown;
  /** Aborts when the client is gone or its time is over. */
  readonly signal: AbortSignal;
  readonly stream: EventStream;
}

/** Answers with the JSON of a whole answer; nothing when it was streamed. */
export type Endpoint = (exchange: ApiExchange) => Promise<object | undefined>;

/** The body by a schema. Throws `ApiError`. */
export const decodeBody = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw invalid(firstProblem(result.error), result.error.issues[0]?.path.join(".") || null);
};
