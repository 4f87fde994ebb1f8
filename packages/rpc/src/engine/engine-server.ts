import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { RpcContext } from "../context.ts";
import { Dispatcher } from "../dispatcher.ts";
import { methodTable } from "../methods/table.ts";
import { httpHandler } from "../transport/http.ts";
import { Engine } from "./engine.ts";
import { engineMethods } from "./engine-methods.ts";
import { jwtProblem } from "./jwt.ts";

/** The port for a consensus client. */
export interface EngineOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** 32 bytes that both sides know; see `readJwtSecret`. */
  readonly secret: Uint8Array;
}

/** A block of many blobs' worth of transactions, in hex. */
const MAX_BODY = 128 * 1024 * 1024;
const REQUEST_TIMEOUT = 60_000;
const MAX_CONNECTIONS = 64;

/** `engine_` and the methods that a consensus client reads the chain with, for who knows the secret. */
export const createEngineHttp = (context: RpcContext, { secret }: EngineOptions): Server => {
  const own: RpcContext = { ...context, config: { ...context.config, maxBodyBytes: MAX_BODY, allowedHosts: ["*"] } };
  const methods = { ...methodTable(["eth", "net", "web3"]), ...engineMethods(new Engine(context.chain)) };
  const handle = httpHandler(own, new Dispatcher(own, methods));
  const http = createServer(
    { requestTimeout: REQUEST_TIMEOUT },
    (request: IncomingMessage, response: ServerResponse) => {
      const problem = jwtProblem(request.headers.authorization, secret, Math.floor(Date.now() / 1000));
      if (problem === undefined) handle(request, response);
      else response.writeHead(401, { "content-type": "text/plain", connection: "close" }).end(`${problem}\n`);
    },
  );
  http.maxConnections = MAX_CONNECTIONS;
  return http;
};
