import { randomUUID } from "node:crypto";
import type { AnswerRequest, Completion, Finish, ServedModel } from "@hyperion/inference";
import { data } from "../hex.ts";
import type { ApiExchange } from "./exchange.ts";
import type { Sampling } from "./sampling.ts";

/** How one of the two kinds of completion writes its objects. */
export interface CompletionForm {
  readonly idPrefix: string;
  readonly object: string;
  readonly chunkObject: string;
  /** The choice of a whole answer. */
  choice(text: string): object;
  /** What is streamed before any text. */
  readonly opening: object | undefined;
  /** A piece of text; none with the last chunk. */
  piece(text: string | undefined): object;
}

const FINISH: Readonly<Record<Finish, string>> = { end: "stop", stop: "stop", "no token": "stop", length: "length" };

const usageOf = ({ promptTokens, tokens }: Completion): object => ({
  prompt_tokens: promptTokens,
  completion_tokens: tokens,
  total_tokens: promptTokens + tokens,
});

/** Runs a request and writes the answer, whole or in pieces, in the given form. */
export const respond = async (
  { service, stream, signal }: ApiExchange,
  sampling: Sampling,
  request: AnswerRequest,
  form: CompletionForm,
): Promise<object | undefined> => {
  const model = service.find(sampling.model ?? undefined);
  const head = headOf(model, form);
  if (sampling.stream !== true) {
    const completion = await service.complete(model, request, { signal });
    const choice = {
      index: 0,
      ...form.choice(completion.text),
      logprobs: null,
      finish_reason: FINISH[completion.finish],
    };
    return { ...head, object: form.object, choices: [choice], usage: usageOf(completion) };
  }
  const withUsage = sampling.stream_options?.include_usage === true;
  const chunk = (body: object, reason: string | null): void => {
    const choices = [{ index: 0, ...body, logprobs: null, finish_reason: reason }];
    stream.send(JSON.stringify({ ...head, object: form.chunkObject, choices, ...(withUsage && { usage: null }) }));
  };
  let opened = false;
  const open = (): void => {
    if (!opened && form.opening) chunk(form.opening, null);
    opened = true;
  };
  const onText = (text: string): void => {
    open();
    chunk(form.piece(text), null);
  };
  const completion = await service.complete(model, request, { signal, onText });
  open();
  chunk(form.piece(undefined), FINISH[completion.finish]);
  if (withUsage) {
    stream.send(JSON.stringify({ ...head, object: form.chunkObject, choices: [], usage: usageOf(completion) }));
  }
  stream.send("[DONE]");
  stream.end();
  return undefined;
};

/** The fingerprint is the model's root: who has it can compute the same answer. */
const headOf = (model: ServedModel, { idPrefix }: CompletionForm): object => ({
  id: `${idPrefix}-${randomUUID().replaceAll("-", "")}`,
  created: Math.floor(Date.now() / 1000),
  model: model.name,
  system_fingerprint: data(model.root),
});
