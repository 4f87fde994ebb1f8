import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { isIPv6 } from "node:net";
import type { ChainApi } from "@hyperion/chain";
import type { InferenceService } from "@hyperion/inference";
import type { Ordering, SealingControls } from "@hyperion/sequencer";
import type { RpcConfig } from "./config.ts";
import type { DevSigner, RollupView, RpcContext, RpcLogger, RpcMetrics } from "./context.ts";
import { Dispatcher } from "./dispatcher.ts";
import { createEngineHttp, type EngineOptions } from "./engine/engine-server.ts";
import { Filters } from "./filters.ts";
import { methodTable } from "./methods/table.ts";
import { httpHandler } from "./transport/http.ts";
import { attachWebSocket } from "./transport/websocket.ts";

export interface RpcServerOptions {
  readonly chain: ChainApi;
  readonly ordering: Ordering;
  /** Needed by the dev namespace. */
  readonly sealing?: SealingControls;
  readonly config: RpcConfig;
  readonly logger: RpcLogger;
  readonly metrics?: RpcMetrics;
  /** web3_clientVersion, as name/version/platform/runtime. */
  readonly clientVersion: string;
  /** Accounts that eth_accounts lists and eth_sendTransaction signs for. */
  readonly signers?: readonly DevSigner[];
  /** Activation blocks that count for the fork identifier (EIP-2124) but change no rule of the kernel; see `forkIdBlocks`. */
  readonly extraForkBlocks?: readonly bigint[];
  /** Needed by the optimism namespace. */
  readonly rollup?: RollupView;
  /** Lets a consensus client drive the chain, on a port of its own; absent: nobody. */
  readonly engine?: EngineOptions;
  /** Needed by the endpoints under /v1 and by hyp_generate. */
  readonly inference?: InferenceService;
}

export interface RpcServer {
  /** Starts listening. Rejects with Node's error (`EADDRINUSE`, …). Resolves to the HTTP URL. */
  listen(): Promise<string>;
  /** HTTP URL; the WebSocket URL is the same with `ws:`. Only after `listen`. */
  readonly url: string;
  /** URL of the Engine API, where it is on. Only after `listen`. */
  readonly engineUrl: string | undefined;
  /** Stops accepting, ends open connections. Idempotent. */
  close(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 120_000;

/**
 * The JSON-RPC server over HTTP and WebSocket on one port, with the endpoints of OpenAI's API for models.
 *
 * ```ts
 * const server = createRpcServer({ chain, ordering, sealing, config: rpcConfigSchema.parse({}), logger, clientVersion });
 * const url = await server.listen();
 * ```
 */
export const createRpcServer = (options: RpcServerOptions): RpcServer => {
  const { config, chain } = options;
  const context: RpcContext = {
    chain,
    ordering: options.ordering,
    sealing: options.sealing,
    config,
    logger: options.logger,
    metrics: options.metrics,
    filters: new Filters(chain, config),
    clientVersion: options.clientVersion,
    signers: options.signers ?? [],
    extraForkBlocks: options.extraForkBlocks ?? [],
    rollup: options.rollup,
    inference: options.inference,
  };
  const dispatcher = new Dispatcher(context, methodTable(config.namespaces));
  const http = createServer(
    {
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, config.requestTimeoutMs),
      requestTimeout: config.requestTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    httpHandler(context, dispatcher),
  );
  http.maxConnections = config.maxConnections;
  http.on("connection", (socket) => {
    options.metrics?.connections("http", 1);
    socket.on("close", () => options.metrics?.connections("http", -1));
  });
  const engine = options.engine && { options: options.engine, http: createEngineHttp(context, options.engine) };
  const closeWebSockets = attachWebSocket(http, context, dispatcher);
  return {
    listen: async () => {
      if (engine) await listen(engine.http, engine.options);
      return listen(http, config).catch(async (error: unknown) => {
        if (engine) await closeHttp(engine.http);
        throw error;
      });
    },
    get url() {
      return urlOf(http, config.host);
    },
    get engineUrl() {
      return engine && urlOf(engine.http, engine.options.host);
    },
    close: async () => {
      context.filters.close();
      closeWebSockets();
      await closeHttp(http);
      if (engine) await closeHttp(engine.http);
    },
  };
};

const listen = (http: Server, config: Pick<RpcConfig, "host" | "port">): Promise<string> =>
  new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(config.port, config.host, () => {
      http.off("error", reject);
      resolve(urlOf(http, config.host));
    });
  });

const urlOf = (http: Server, host: string): string => {
  const { port } = http.address() as AddressInfo;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
};

const closeHttp = (http: Server): Promise<void> =>
  new Promise((resolve) => {
    if (!http.listening) return resolve();
    http.close(() => resolve());
    http.closeAllConnections();
  });
