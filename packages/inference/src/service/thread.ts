/** The thread of an `InferenceService`: one job after the other. */
import { parentPort, workerData } from "node:worker_threads";
import type { Classifier } from "../classifier.ts";
import type { Engine } from "../engine.ts";
import { examineCall } from "../evidence.ts";
import type { AnswerRequest } from "../request.ts";
import { RequestError } from "../request.ts";
import type { Completion, Embeddings, Job, Message, ModelSource, Order, Result, Task, ThreadData } from "./protocol.ts";
import { isLanguage, ResidentEngines } from "./resident-engines.ts";

const { residentBytes, threads, cancelled } = workerData as ThreadData;
const engines = new ResidentEngines(residentBytes, threads);
const sources = new Map<string, ModelSource>();

const post = (message: Message): void => parentPort!.postMessage(message);

const failIfCancelled = (id: number): void => {
  if (Atomics.load(cancelled, 0) === id) throw new RequestError("CANCELLED", "the request was given up");
};

const answer = (engine: Engine, id: number, request: AnswerRequest): Completion => {
  const { promptTokens, next } = engine.answer(request);
  const decoder = new TextDecoder();
  // What may yet turn out to be the beginning of a stop is held back.
  const held = Math.max(0, ...(request.stops ?? []).map((stop) => Buffer.byteLength(stop) - 1));
  const bytes: number[] = [];
  let sent = 0;
  let text = "";
  const send = (end: number, tokens: number): void => {
    const piece = decoder.decode(Uint8Array.from(bytes.slice(sent, end)), { stream: true });
    sent = end;
    text += piece;
    if (piece !== "") post({ id, kind: "text", text: piece, tokens });
  };
  while (true) {
    failIfCancelled(id);
    const { added, length, tokens, finish } = next();
    bytes.push(...added);
    if (finish === undefined) send(Math.max(sent, length - held), tokens);
    else {
      send(length, tokens);
      const rest = decoder.decode();
      if (rest !== "") post({ id, kind: "text", text: rest, tokens });
      return { text: text + rest, promptTokens, tokens, finish };
    }
  }
};

const embed = (engine: Engine, id: number, texts: readonly string[]): Embeddings => {
  const vectors: Int16Array[] = [];
  let promptTokens = 0;
  for (const text of texts) {
    failIfCancelled(id);
    const { vector, tokens } = engine.embed(text);
    vectors.push(vector);
    promptTokens += tokens;
  }
  return { vectors, promptTokens };
};

const perform = (engine: Engine | Classifier, id: number, task: Task): Result => {
  if (task.kind === "examine") return examineCall(engine, task.calldata, task.gas, task.registered);
  if (!isLanguage(engine)) throw new RequestError("UNKNOWN_MODEL", "a network over images answers no texts");
  return task.kind === "answer" ? answer(engine, id, task.request) : embed(engine, id, task.texts);
};

const run = async ({ id, root, task }: Job): Promise<void> => {
  try {
    const engine = await engines.get(sources.get(root)!);
    post({ id, kind: "result", result: perform(engine, id, task) });
  } catch (error) {
    const code = error instanceof RequestError ? error.code : "FAILED";
    const message = error instanceof RequestError ? error.shortMessage : String((error as Error).message);
    post({ id, kind: "error", code, message });
  }
};

parentPort!.on("message", (order: Order) => {
  if (order.kind === "model") sources.set(order.root, order.source);
  else void run(order);
});
