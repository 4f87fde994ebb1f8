import type { IncomingMessage, ServerResponse } from "node:http";
import type { RpcConfig } from "../config.ts";

export type Headers = NodeJS.Dict<number | string | string[]>;

const JSON_TYPES: ReadonlySet<string> = new Set([
  "application/json",
  "application/json-rpc",
  "application/jsonrequest",
]);

/** Sends a whole answer. */
export const send = (
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  headers: Headers = {},
): void => {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...headers, "content-type": contentType, "content-length": length });
  // One byte per character means ASCII, which the cheaper encoder writes as well.
  response.end(body, length === body.length ? "latin1" : "utf8");
};

/** Answers with a line of text and ends the connection. */
export const refuse = (response: ServerResponse, status: number, reason: string): void => {
  // What is left of the body is not read: the connection cannot be used again.
  send(response, status, "text/plain; charset=utf-8", `${reason}\n`, { connection: "close" });
};

/** Why a POST is not looked at, as status and reason. */
export const objection = (config: RpcConfig, request: IncomingMessage): readonly [number, string] | undefined => {
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === undefined || !JSON_TYPES.has(type)) {
    return [415, "invalid content type, only application/json is supported"];
  }
  if (Number(request.headers["content-length"] ?? 0) > config.maxBodyBytes) return [413, "request body too large"];
  return undefined;
};

/** Collects the body; says so when it grows beyond the limit or the client goes away. */
export const readBody = (
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

/** Aborts when the client goes away before it has its answer. */
export const departure = (response: ServerResponse): AbortSignal => {
  const controller = new AbortController();
  response.once("close", () => controller.abort());
  return controller.signal;
};
