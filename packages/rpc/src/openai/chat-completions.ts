import { z } from "zod";
import { type CompletionForm, respond } from "./completion.ts";
import { decodeBody, type Endpoint } from "./exchange.ts";
import { messagesSchema, turnsOf } from "./messages.ts";
import { unsupported } from "./problem.ts";
import { engineOptions, responseFormat, samplingSchema } from "./sampling.ts";

const schema = samplingSchema.and(
  z.object({
    messages: messagesSchema,
    max_completion_tokens: z.int().min(1).max(1_000_000).nullish(),
    response_format: responseFormat,
    tools: z.array(z.unknown()).nullish(),
    functions: z.array(z.unknown()).nullish(),
  }),
);

const FORM: CompletionForm = {
  idPrefix: "chatcmpl",
  object: "chat.completion",
  chunkObject: "chat.completion.chunk",
  choice: (content) => ({ message: { role: "assistant", content, refusal: null } }),
  opening: { delta: { role: "assistant", content: "" } },
  piece: (content) => ({ delta: content === undefined ? {} : { content } }),
};

/** POST /v1/chat/completions. */
export const chatCompletions: Endpoint = async (exchange) => {
  const body = decodeBody(schema, exchange.body);
  if (body.tools?.length) throw unsupported("tools");
  if (body.functions?.length) throw unsupported("functions");
  const sampling = { ...body, max_tokens: body.max_completion_tokens ?? body.max_tokens };
  const request = { ...engineOptions(sampling, body.response_format), turns: turnsOf(body.messages) };
  return respond(exchange, sampling, request, FORM);
};
