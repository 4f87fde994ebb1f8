import type { AnswerRequest } from "@hyperion/inference";
import { z } from "zod";
import { hash } from "./scalars.ts";

const text = z.string().max(131_072);

/** What hyp_generate is asked. */
export interface GenerationParameter extends AnswerRequest {
  /** Name or root; the node's first model when absent. */
  readonly model?: string;
  /** Names the notifications that bring the text. */
  readonly stream?: string;
}

export const generationParameter: z.ZodType<GenerationParameter> = z
  .strictObject({
    model: z.string().max(200).optional(),
    prompt: text.optional(),
    turns: z.array(text).min(1).max(1_000).optional(),
    plain: z.boolean().optional(),
    maxTokens: z.int().min(1).max(1_000_000).optional(),
    temperature: z.int().min(0).max(100_000).optional(),
    topK: z.int().min(0).max(64).optional(),
    seed: hash.optional(),
    stops: z.array(text).max(4).optional(),
    schema: text.optional(),
    stream: z.string().max(64).optional(),
  })
  .transform(({ prompt, turns, ...rest }, context) => {
    if ((prompt === undefined) === (turns === undefined)) {
      context.issues.push({ code: "custom", message: "either a prompt or turns", input: undefined });
      return z.NEVER;
    }
    if (turns && turns.length % 2 === 0) {
      context.issues.push({ code: "custom", message: "the last turn is the user's", input: undefined });
      return z.NEVER;
    }
    return { ...defined(rest), turns: turns ?? [prompt as string] };
  });

/** Absent options are left out, not undefined. */
const defined = <T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
