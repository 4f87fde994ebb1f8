/** Composition root: configuration in, running node out. */
export type { NodeStatus } from "./activity.ts";
export { ConfigError, loadConfig } from "./config/load.ts";
export { type ConfigOption, describeOptions } from "./config/options.ts";
export { type NodeConfig, nodeConfigSchema } from "./config/schema.ts";
export {
  checkDatabase,
  DatabaseAbsentError,
  describeDatabase,
  exportDatabase,
  importDatabase,
} from "./database-tools.ts";
export { type DevAccount, devAccounts } from "./dev-accounts.ts";
export { devChainConfig, devGenesis } from "./dev-genesis.ts";
export { type RunningNode, startNode } from "./node.ts";
export { type RunningVerifier, startVerifier } from "./rollup/verifier.ts";
export { type VerifierConfig, verifierConfigSchema } from "./rollup/verifier-config.ts";
