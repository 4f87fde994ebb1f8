import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../caller.ts";
import type { RpcContext } from "../context.ts";
import type { Answer, Dispatcher } from "../dispatcher.ts";
import { quantity } from "../hex.ts";
import { answerOpenAi, isOpenAiPath } from "../openai/routes.ts";
import { corsHeaders, isHostAllowed, PREFLIGHT_HEADERS } from "./access.ts";
import { EventStream } from "./event-stream.ts";
import { departure, type Headers, objection, readBody, refuse, send } from "./exchange.ts";
import { atEndOfTurn } from "./turn.ts";

const answerPost = (
  { config, logger }: RpcContext,
  dispatcher: Dispatcher,
  request: IncomingMessage,
  response: ServerResponse,
  cors: Headers,
): void => {
  const problem = objection(config, request);
  if (problem) {
    refuse(response, ...problem);
    return;
  }
  const fail = (error: unknown): void => {
    logger.error({ err: error }, "HTTP request failed");
    refuse(response, 500, "internal error");
  };
  const stream = acceptsEvents(request) ? new EventStream(response, cors, config.maxBufferedBytes) : undefined;
  const reply = (text: Answer): void =>
    atEndOfTurn(() => {
      try {
        if (!stream?.begun) send(response, 200, "application/json", text ?? "", cors);
        else {
          if (text !== undefined) stream.send(text);
          stream.end();
        }
      } catch (error) {
        logger.error({ err: error }, "HTTP answer failed");
        response.destroy();
      }
    });
  readBody(request, config.maxBodyBytes, (body) => {
    if (body === "aborted") return;
    if (body === "too large") {
      refuse(response, 413, "request body too large");
      return;
    }
    const answer = dispatcher.handle(body, new HttpCaller(response, stream));
    if (answer instanceof Promise) answer.then(reply).catch(fail);
    else reply(answer);
  });
};

const acceptsEvents = ({ headers }: IncomingMessage): boolean => headers.accept?.includes("text/event-stream") === true;

/** Most methods never ask for the signal. */
class HttpCaller implements Caller {
  readonly #response: ServerResponse;
  readonly notify: Caller["notify"];

  constructor(response: ServerResponse, stream: EventStream | undefined) {
    this.#response = response;
    this.notify = stream && ((text) => stream.send(text));
  }

  get signal(): AbortSignal {
    return departure(this.#response);
  }
}

const answerHealth = ({ chain }: RpcContext, response: ServerResponse, cors: Headers): void => {
  const { number, timestamp } = chain.head().header;
  const health = { status: "ok", blockNumber: quantity(number), timestamp: quantity(timestamp) };
  send(response, 200, "application/json", JSON.stringify(health), cors);
};

const answerMetrics = ({ metrics, logger }: RpcContext, response: ServerResponse): void => {
  if (!metrics?.text) {
    refuse(response, 404, "not found");
    return;
  }
  metrics.text().then(
    ({ contentType, body }) => send(response, 200, contentType, body),
    (error: unknown) => {
      logger.error({ err: error }, "metrics failed");
      refuse(response, 500, "internal error");
    },
  );
};

/** Answers HTTP requests: JSON-RPC on POST /, models under /v1, GET /health (also GET /), GET /metrics, CORS preflight. */
export const httpHandler =
  (context: RpcContext, dispatcher: Dispatcher) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const { config } = context;
    const path = request.url?.split("?", 1)[0];
    const isGet = request.method === "GET" || request.method === "HEAD";
    const cors = corsHeaders(config, request);
    if (!isHostAllowed(config, request)) refuse(response, 403, "invalid host specified");
    else if (request.method === "OPTIONS") response.writeHead(204, { ...cors, ...PREFLIGHT_HEADERS }).end();
    else if (isGet && (path === "/health" || path === "/")) answerHealth(context, response, cors);
    else if (path !== undefined && isOpenAiPath(path)) answerOpenAi(context, path, request, response, cors);
    else if (isGet && path === "/metrics") answerMetrics(context, response);
    else if (request.method === "POST" && path === "/") answerPost(context, dispatcher, request, response, cors);
    else if (isGet || request.method === "POST") refuse(response, 404, "not found");
    else refuse(response, 405, "method not allowed");
  };
