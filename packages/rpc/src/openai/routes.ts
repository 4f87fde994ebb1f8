import type { IncomingMessage, ServerResponse } from "node:http";
import type { RpcContext } from "../context.ts";
import { isDeeperThan } from "../json-rpc.ts";
import { EventStream } from "../transport/event-stream.ts";
import { departure, type Headers, objection, readBody, send } from "../transport/exchange.ts";
import { chatCompletions } from "./chat-completions.ts";
import { completions } from "./completions.ts";
import { embeddings } from "./embeddings.ts";
import type { Endpoint } from "./exchange.ts";
import { describeModel, listModels } from "./models.ts";
import { ApiError, errorBody, invalid, toApiError } from "./problem.ts";

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  "/v1/chat/completions": chatCompletions,
  "/v1/completions": completions,
  "/v1/embeddings": embeddings,
};
const MODELS = "/v1/models";

export const isOpenAiPath = (path: string): boolean => path.startsWith("/v1/");

/** Answers what OpenAI's API has under /v1, as far as docs/ai.md lists it. */
export const answerOpenAi = (
  context: RpcContext,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  cors: Headers,
): void => {
  answer(context, path, request, response, cors).then(
    (body) => body && send(response, 200, "application/json", JSON.stringify(body), cors),
    (error: unknown) => answerError(context, response, error, cors),
  );
};

const answer = async (
  { inference: service, config }: RpcContext,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  cors: Headers,
): Promise<object | undefined> => {
  if (!service) throw new ApiError(404, "not_found", "this node serves no models");
  if (request.method === "GET" && path === MODELS) return listModels(service);
  if (request.method === "GET" && path.startsWith(`${MODELS}/`)) return describeModel(service, nameIn(path));
  const endpoint = ENDPOINTS[path];
  if (!endpoint) throw new ApiError(404, "not_found", `there is no ${path.slice(0, 80)}`);
  if (request.method !== "POST") throw new ApiError(405, "method_not_allowed", "use POST");
  const problem = objection(config, request);
  if (problem) throw new ApiError(problem[0], "invalid_request", problem[1]);
  const signal = AbortSignal.any([departure(response), AbortSignal.timeout(config.requestTimeoutMs)]);
  const stream = new EventStream(response, cors, config.maxBufferedBytes);
  const body = await new Promise<Buffer | "too large" | "aborted">((done) =>
    readBody(request, config.maxBodyBytes, done),
  );
  if (body === "too large") throw new ApiError(413, "invalid_request", "request body too large");
  return body === "aborted" ? undefined : endpoint({ service, body: parse(body, config.maxDepth), signal, stream });
};

const parse = (body: Buffer, maxDepth: number): unknown => {
  if (isDeeperThan(body, maxDepth)) throw invalid("the request is nested too deeply");
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw invalid("the body is not JSON");
  }
};

const nameIn = (path: string): string => {
  try {
    return decodeURIComponent(path.slice(MODELS.length + 1));
  } catch {
    throw invalid("the model's name is not well-formed");
  }
};

/** Ends a stream that has begun with an event that tells the error. */
const answerError = ({ logger }: RpcContext, response: ServerResponse, error: unknown, cors: Headers): void => {
  const known = toApiError(error);
  if (!known) logger.error({ err: error }, "inference request failed");
  const problem = known ?? new ApiError(500, "server_error", "internal error");
  if (response.destroyed || response.writableEnded) return;
  if (!response.headersSent) {
    send(response, problem.status, "application/json", errorBody(problem), { ...cors, connection: "close" });
    return;
  }
  response.end(`data: ${errorBody(problem)}\n\n`);
};
