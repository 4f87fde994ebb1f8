/** JSON-RPC over HTTP and WebSocket on one port. */
export { NAMESPACES, type Namespace, type RpcConfig, rpcConfigSchema } from "./config.ts";
export type { DevSigner, RpcLogger, RpcMetrics } from "./context.ts";
export type { EngineOptions } from "./engine/engine-server.ts";
export { JwtSecretError, readJwtSecret, signJwt } from "./engine/jwt.ts";
export { forkIdBlocks } from "./fork-schedule.ts";
export { createRpcServer, type RpcServer, type RpcServerOptions } from "./server.ts";
