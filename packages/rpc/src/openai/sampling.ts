import type { AnswerRequest } from "@hyperion/inference";
import { z } from "zod";
import { engineSchema } from "./json-schema.ts";
import { unsupported } from "./problem.ts";

/** What completions and chat completions have in common. Fields that change nothing here are not named and not looked at. */
export interface Sampling {
  readonly model?: string | null | undefined;
  readonly max_tokens?: number | null | undefined;
  readonly temperature?: number | null | undefined;
  readonly seed?: number | null | undefined;
  readonly stop?: string | readonly string[] | null | undefined;
  readonly stream?: boolean | null | undefined;
  readonly stream_options?: { readonly include_usage?: boolean | null | undefined } | null | undefined;
  readonly top_p?: number | null | undefined;
  readonly n?: number | null | undefined;
  readonly frequency_penalty?: number | null | undefined;
  readonly presence_penalty?: number | null | undefined;
  readonly logprobs?: boolean | number | null | undefined;
  readonly logit_bias?: Readonly<Record<string, unknown>> | null | undefined;
}

export const samplingSchema: z.ZodType<Sampling> = z.object({
  model: z.string().max(200).nullish(),
  max_tokens: z.int().min(1).max(1_000_000).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  top_p: z.number().nullish(),
  n: z.int().nullish(),
  frequency_penalty: z.number().nullish(),
  presence_penalty: z.number().nullish(),
  logprobs: z.union([z.boolean(), z.int()]).nullish(),
  logit_bias: z.record(z.string(), z.unknown()).nullish(),
});

/** In what form an answer is wanted. */
export interface ResponseFormat {
  readonly type: string;
  readonly json_schema?: { readonly schema?: unknown } | null | undefined;
}

export const responseFormat: z.ZodType<ResponseFormat | null | undefined> = z
  .object({ type: z.string(), json_schema: z.object({ schema: z.unknown() }).nullish() })
  .nullish();

/** Values that ask for something else than this node does. */
const UNSUPPORTED: readonly (readonly [keyof Sampling, (sampling: Sampling) => boolean])[] = [
  ["top_p", ({ top_p }) => (top_p ?? 1) !== 1],
  ["n", ({ n }) => (n ?? 1) !== 1],
  ["frequency_penalty", ({ frequency_penalty }) => (frequency_penalty ?? 0) !== 0],
  ["presence_penalty", ({ presence_penalty }) => (presence_penalty ?? 0) !== 0],
  ["logprobs", ({ logprobs }) => (logprobs ?? false) !== false],
  ["logit_bias", ({ logit_bias }) => Object.keys(logit_bias ?? {}).length > 0],
];

const seedBytes = (seed: number): Uint8Array => {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setBigInt64(24, BigInt(seed));
  return bytes;
};

/** The engine's options; greedy unless a temperature is given, as on chain. Throws `ApiError`. */
export const engineOptions = (sampling: Sampling, format?: ResponseFormat | null): Omit<AnswerRequest, "turns"> => {
  for (const [name, asks] of UNSUPPORTED) if (asks(sampling)) throw unsupported(name);
  const { max_tokens, temperature, seed, stop } = sampling;
  return {
    ...(max_tokens != null && { maxTokens: max_tokens }),
    ...(temperature != null && { temperature: Math.round(temperature * 1000) }),
    ...(seed != null && { seed: seedBytes(seed) }),
    ...(stop != null && { stops: typeof stop === "string" ? [stop] : stop }),
    ...(format != null && format.type !== "text" && { schema: schemaOf(format) }),
  };
};

const schemaOf = (format: ResponseFormat): string => {
  if (format.type !== "json_schema") throw unsupported(`response_format of type ${format.type.slice(0, 40)}`);
  return engineSchema(format.json_schema?.schema);
};
