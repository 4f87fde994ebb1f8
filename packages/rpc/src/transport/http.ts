import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../caller.ts";
import type { RpcConfig } from "../config.ts";
import type { RpcContext } from "../context.ts";
import type { Answer, Dispatcher } from "../dispatcher.ts";
import { quantity } from "../hex.ts";
import { corsHeaders, isHostAllowed, PREFLIGHT_HEADERS } from "./access.ts";
import { atEndOfTurn } from "./turn.ts";

const JSON_TYPES: ReadonlySet<string> = new Set([
  "application/json",
  "application/json-rpc",
  "application/jsonrequest",
]);

const send = (
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  headers: NodeJS.Dict<number | string | string[]> = {},
): void => {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...headers, "content-type": contentType, "content-length": length });
  // One byte per character means ASCII, which the cheaper encoder writes as well.
  response.end(body, length === body.length ? "latin1" : "utf8");
};

const refuse = (response: ServerResponse, status: number, reason: string): void => {
  // What is left of the body is not read: the connection cannot be used again.
  send(response, status, "text/plain; charset=utf-8", `${reason}\n`, { connection: "close" });
};

/** Why a POST is not looked at, as status and reason. */
const objection = (config: RpcConfig, request: IncomingMessage): readonly [number, string] | undefined => {
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === undefined || !JSON_TYPES.has(type)) {
    return [415, "invalid content type, only application/json is supported"];
  }
  if (Number(request.headers["content-length"] ?? 0) > config.maxBodyBytes) return [413, "request body too large"];
  return undefined;
};

/** Collects the body; `undefined` when it grows beyond the limit or the client goes away. */
const readBody = (
  request: IncomingMessage,
  limit: number,
  done: (body: Buffer | "too large" | "aborted") => void,
): void => {
  const chunks: Buffer[] = [];
  let size = 0;
  let finished = false;
  const finish = (result: Buffer | "too large" | "aborted"): void => {
    if (finished) return;
    finished = true;
    done(result);
  };
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) finish("too large");
    else if (!finished) chunks.push(chunk);
  });
  request.on("end", () => finish(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
  request.on("error", () => finish("aborted"));
  request.on("close", () => finish("aborted"));
};

type Headers = NodeJS.Dict<number | string | string[]>;

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
  const reply = (text: Answer): void =>
    atEndOfTurn(() => {
      try {
        send(response, 200, "application/json", text ?? "", cors);
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
    const answer = dispatcher.handle(body, HTTP_CALLER);
    if (answer instanceof Promise) answer.then(reply).catch(fail);
    else reply(answer);
  });
};

const HTTP_CALLER: Caller = {};

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

/** Answers HTTP requests: JSON-RPC on POST /, GET /health (also GET /), GET /metrics, CORS preflight. */
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
    else if (isGet && path === "/metrics") answerMetrics(context, response);
    else if (request.method === "POST" && path === "/") answerPost(context, dispatcher, request, response, cors);
    else if (isGet || request.method === "POST") refuse(response, 404, "not found");
    else refuse(response, 405, "method not allowed");
  };
