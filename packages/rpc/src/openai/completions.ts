import { z } from "zod";
import { type CompletionForm, respond } from "./completion.ts";
import { decodeBody, type Endpoint } from "./exchange.ts";
import { unsupported } from "./problem.ts";
import { engineOptions, samplingSchema } from "./sampling.ts";

const schema = samplingSchema.and(
  z.object({
    prompt: z.union([z.string(), z.array(z.string()).length(1)]),
    echo: z.boolean().nullish(),
    suffix: z.string().nullish(),
    best_of: z.int().nullish(),
  }),
);

const FORM: CompletionForm = {
  idPrefix: "cmpl",
  object: "text_completion",
  chunkObject: "text_completion",
  choice: (text) => ({ text }),
  opening: undefined,
  piece: (text) => ({ text: text ?? "" }),
};

/** POST /v1/completions: the prompt as it is, without the model's template. */
export const completions: Endpoint = async (exchange) => {
  const body = decodeBody(schema, exchange.body);
  if (body.echo) throw unsupported("echo");
  if (body.suffix) throw unsupported("suffix");
  if ((body.best_of ?? 1) !== 1) throw unsupported("best_of");
  const turns = typeof body.prompt === "string" ? [body.prompt] : body.prompt;
  return respond(exchange, body, { ...engineOptions(body), turns, plain: true }, FORM);
};
