import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import type { RpcContext } from "../context.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { Subscriptions } from "../subscriptions.ts";
import { isHostAllowed, isOriginAllowed } from "./access.ts";

/** RFC 6455 §7.4.1: try again later. */
const CLOSE_TRY_AGAIN_LATER = 1013;
const CLOSE_GOING_AWAY = 1001;

const PING_INTERVAL_MS = 30_000;

/** Half of the in-flight limit: reading resumes when the backlog has shrunk to it. */
const resumeAt = (maxInFlight: number): number => Math.floor(maxInFlight / 2);

const toBuffer = (message: RawData): Buffer => {
  if (Buffer.isBuffer(message)) return message;
  return Array.isArray(message) ? Buffer.concat(message) : Buffer.from(message);
};

/** Serves one connection until it closes. */
const serve = (socket: WebSocket, context: RpcContext, dispatcher: Dispatcher): void => {
  const { config } = context;
  const closed = new AbortController();
  let inFlight = 0;
  const write = (text: string): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > config.maxBufferedBytes) drop(socket);
    else socket.send(text);
  };
  const subscriptions = new Subscriptions(context.chain, write, config.maxSubscriptions);
  const finish = (answer: string | undefined): void => {
    inFlight--;
    if (answer !== undefined) write(answer);
    if (socket.isPaused && inFlight <= resumeAt(config.maxInFlight)) socket.resume();
  };
  socket.on("message", (message) => {
    inFlight++;
    if (inFlight >= config.maxInFlight) socket.pause();
    const answer = dispatcher.handle(toBuffer(message), { subscriptions, signal: closed.signal, notify: write });
    if (answer instanceof Promise) void answer.then(finish);
    else finish(answer);
  });
  socket.on("error", (error) => context.logger.debug({ err: error }, "WebSocket connection failed"));
  context.metrics?.connections("websocket", 1);
  socket.on("close", () => {
    closed.abort();
    subscriptions.close();
    context.metrics?.connections("websocket", -1);
  });
};

/** A consumer that does not keep up loses its connection, so that it cannot hold the node's memory. */
const drop = (socket: WebSocket): void => {
  socket.close(CLOSE_TRY_AGAIN_LATER, "too slow");
  socket.terminate();
};

/** Terminates connections that did not answer the previous ping. */
const keepAlive = (server: WebSocketServer): NodeJS.Timeout => {
  const alive = new WeakSet<WebSocket>();
  server.on("connection", (socket) => {
    alive.add(socket);
    socket.on("pong", () => alive.add(socket));
  });
  return setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }, PING_INTERVAL_MS).unref();
};

const reject = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

/** Upgrades connections of `http` to WebSocket. Returns how to close them all. */
export const attachWebSocket = (http: Server, context: RpcContext, dispatcher: Dispatcher): (() => void) => {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: context.config.maxBodyBytes,
    perMessageDeflate: false,
  });
  const ping = keepAlive(server);
  http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const { origin } = request.headers;
    if (!isHostAllowed(context.config, request) || !isOriginAllowed(context.config, origin)) {
      return reject(socket, "403 Forbidden");
    }
    server.handleUpgrade(request, socket, head, (upgraded) => {
      server.emit("connection", upgraded, request);
      serve(upgraded, context, dispatcher);
    });
  });
  return () => {
    clearInterval(ping);
    for (const socket of server.clients) {
      socket.close(CLOSE_GOING_AWAY, "shutting down");
      socket.terminate();
    }
    server.close();
  };
};
