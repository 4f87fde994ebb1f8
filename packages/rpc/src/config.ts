import { z } from "zod";

/**
 * JSON-RPC namespaces a node can serve. `optimism` answers on rollups; `dev` stands for anvil_, evm_ and hardhat_;
 * `testing` is for conformance runs only.
 */
export const NAMESPACES = ["eth", "net", "web3", "txpool", "debug", "hyp", "optimism", "dev", "testing"] as const;

export type Namespace = (typeof NAMESPACES)[number];

const MIB = 1024 * 1024;

/** Settings of the JSON-RPC server; `rpcConfigSchema` describes each and gives its default. */
export interface RpcConfig {
  readonly host: string;
  readonly port: number;
  readonly namespaces: readonly Namespace[];
  readonly corsOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly maxBodyBytes: number;
  readonly maxDepth: number;
  readonly maxBatch: number;
  readonly maxResponseBytes: number;
  readonly requestTimeoutMs: number;
  readonly syncTimeoutMs: number;
  readonly maxSyncTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxInFlight: number;
  readonly maxSubscriptions: number;
  readonly maxFilters: number;
  readonly filterTimeoutMs: number;
  readonly maxBufferedBytes: number;
  readonly maxLogBlocks: number;
  readonly maxLogResults: number;
  readonly gasCap: number;
  readonly maxTraceBytes: number;
}

/** Every setting of the JSON-RPC server with its default; part of the node's configuration. */
export const rpcConfigSchema: z.ZodType<RpcConfig, Partial<RpcConfig>> = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").describe("Address the JSON-RPC server listens on"),
  port: z.int().min(0).max(65_535).default(8545).describe("Port for HTTP and WebSocket; 0 picks a free one"),
  namespaces: z
    .array(z.enum(NAMESPACES))
    .default(["eth", "net", "web3", "txpool", "debug", "hyp"])
    .describe("JSON-RPC namespaces that are served; dev and testing are for development chains only"),
  corsOrigins: z.array(z.string()).default(["*"]).describe("Browser origins that may call; * allows every origin"),
  allowedHosts: z
    .array(z.string())
    .default(["localhost"])
    .describe("Host names accepted in the Host header besides IP addresses; * accepts every name"),
  maxBodyBytes: z
    .int()
    .min(1024)
    .default(5 * MIB)
    .describe("Largest HTTP body or WebSocket message accepted"),
  maxDepth: z.int().min(4).max(1000).default(64).describe("Deepest nesting of a JSON request"),
  maxBatch: z.int().min(1).default(1000).describe("Most requests in one batch"),
  maxResponseBytes: z
    .int()
    .min(65_536)
    .default(64 * MIB)
    .describe("Largest response to one request or batch"),
  requestTimeoutMs: z.int().min(100).default(30_000).describe("Longest time one request may take"),
  syncTimeoutMs: z.int().min(1).default(2_000).describe("Default wait of eth_sendRawTransactionSync"),
  maxSyncTimeoutMs: z.int().min(1).default(20_000).describe("Longest wait eth_sendRawTransactionSync may ask for"),
  maxConnections: z.int().min(1).default(2_000).describe("Most open connections"),
  maxInFlight: z.int().min(1).default(100).describe("Most unanswered requests per WebSocket connection"),
  maxSubscriptions: z.int().min(0).default(128).describe("Most subscriptions per WebSocket connection"),
  maxFilters: z.int().min(0).default(1_000).describe("Most polling filters in the node"),
  filterTimeoutMs: z.int().min(1000).default(300_000).describe("Time after which an unused polling filter is removed"),
  maxBufferedBytes: z
    .int()
    .min(65_536)
    .default(16 * MIB)
    .describe("Unsent bytes after which a slow WebSocket consumer is disconnected"),
  maxLogBlocks: z.int().min(1).default(100_000).describe("Most blocks one log query may span"),
  maxLogResults: z.int().min(1).default(20_000).describe("Most logs one query may return"),
  gasCap: z.int().min(21_000).default(50_000_000).describe("Most gas of eth_call, eth_estimateGas and eth_simulateV1"),
  maxTraceBytes: z
    .int()
    .min(65_536)
    .default(256 * MIB)
    .describe("Largest trace kept in memory while tracing"),
});
