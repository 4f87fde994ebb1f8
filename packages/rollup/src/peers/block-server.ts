import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import type { BlockHistory } from "./block-history.ts";
import { encodeMessage, STREAM_VERSION, type StreamChain } from "./stream-format.ts";

export interface BlockServerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly chain: StreamChain;
  readonly history: BlockHistory;
  /** Number of the newest block. */
  readonly head: () => bigint;
  readonly maxConnections: number;
}

export interface BlockServer {
  readonly url: string;
  /** How many streams are open. */
  readonly connections: number;
  /** Idempotent. */
  close(): Promise<void>;
}

export const STREAM_PATH = "/unsafe-blocks";
export const STREAM_TYPE = "application/vnd.hyperion.unsafe-blocks";
const HEAD_INTERVAL = 5_000;
/** A reader that takes nothing for so long is gone. */
const STALL_LIMIT = 30_000;
const REQUEST_TIMEOUT = 5_000;

/**
 * Serves `GET /unsafe-blocks?from=NUMBER`: the signed blocks from that height on as far as the history has them, then every new
 * one. What a reader asks for is all that is ever taken from it. Rejects with Node's error when the port cannot be used.
 */
export const createBlockServer = async (options: BlockServerOptions): Promise<BlockServer> => {
  const streams = new Set<BlockSender>();
  const http = createServer(
    { requestTimeout: REQUEST_TIMEOUT, headersTimeout: REQUEST_TIMEOUT },
    (request, response) => {
      const from = requestedFrom(request);
      if (from === undefined) return refuse(response, 400, `GET ${STREAM_PATH}?from=NUMBER\n`);
      if (streams.size >= options.maxConnections) return refuse(response, 503, "too many readers\n");
      const sender = new BlockSender(response, from, options);
      streams.add(sender);
      response.once("close", () => {
        sender.end();
        streams.delete(sender);
      });
      sender.start();
    },
  );
  // Those beyond the streams get an answer before they go.
  http.maxConnections = 2 * options.maxConnections;
  const heads = setInterval(() => {
    for (const sender of streams) sender.tellHead();
  }, HEAD_INTERVAL).unref();
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port, options.host, resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://${isIPv6(options.host) ? `[${options.host}]` : options.host}:${port}`,
    get connections() {
      return streams.size;
    },
    close: () =>
      new Promise((resolve) => {
        clearInterval(heads);
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
};

const refuse = (response: ServerResponse, status: number, reason: string): void => {
  response.writeHead(status, { connection: "close", "content-type": "text/plain" }).end(reason);
};

/** `undefined`: that is no request for a stream. */
const requestedFrom = ({ method, url = "" }: IncomingMessage): bigint | undefined => {
  const [, path, from = "0"] = /^([^?]*)(?:\?from=(\d{1,18}))?$/.exec(url) ?? [];
  return method === "GET" && path === STREAM_PATH ? BigInt(from) : undefined;
};

/** One reader. Nothing waits for it in memory: it has a place in the history, and loses it when it is too slow. */
class BlockSender {
  readonly #response: ServerResponse;
  readonly #options: BlockServerOptions;
  readonly #unsubscribe: () => void;
  #at: bigint;
  #stalled: NodeJS.Timeout | undefined;

  constructor(response: ServerResponse, from: bigint, options: BlockServerOptions) {
    this.#response = response;
    this.#options = options;
    this.#at = from;
    this.#unsubscribe = options.history.subscribe((number) => {
      if (number < this.#at) this.#at = number;
      this.#pump();
    });
    response.on("drain", () => {
      clearTimeout(this.#stalled);
      this.#stalled = undefined;
      this.#pump();
    });
  }

  start(): void {
    this.#response.writeHead(200, { "content-type": STREAM_TYPE, "cache-control": "no-store" });
    const { chain, head } = this.#options;
    this.#write(encodeMessage({ kind: "hello", version: STREAM_VERSION, ...chain, head: head() }));
    this.#pump();
  }

  tellHead(): void {
    if (!this.#stalled) this.#write(encodeMessage({ kind: "head", head: this.#options.head() }));
  }

  end(): void {
    clearTimeout(this.#stalled);
    this.#unsubscribe();
  }

  #pump(): void {
    const { history } = this.#options;
    if (this.#at < history.oldest && history.oldest < history.next) this.#at = history.oldest;
    while (!this.#stalled) {
      const frame = history.at(this.#at);
      if (!frame) return;
      this.#at++;
      this.#write(frame);
    }
  }

  #write(bytes: Uint8Array): void {
    if (this.#response.writableEnded || this.#response.destroyed || this.#response.write(bytes)) return;
    this.#stalled ??= setTimeout(() => this.#response.destroy(), STALL_LIMIT).unref();
  }
}
