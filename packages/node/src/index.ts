/** Composition root: configuration in, running node out. */
export type { NodeStatus } from "./activity.ts";
export { ConfigError, loadConfig } from "./config/load.ts";
export { type ConfigOption, describeOptions } from "./config/options.ts";
export { type NodeConfig, nodeConfigSchema } from "./config/schema.ts";
export type { DevAccount } from "./dev-accounts.ts";
export { type RunningNode, startNode } from "./node.ts";
