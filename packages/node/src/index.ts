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
export { anvilBinary } from "./dev/anvil.ts";
export { startDevRollup } from "./dev/dev-rollup.ts";
export { type DevAccount, devAccounts } from "./dev-accounts.ts";
export { devChainConfig, devGenesis } from "./dev-genesis.ts";
export { type DevRollup, type RunningNode, startNode } from "./node.ts";
export { type KeySource, readPrivateKey } from "./private-key.ts";
export { startBatcher } from "./rollup/batcher.ts";
export { startProposer } from "./rollup/proposer.ts";
export {
  type BatcherConfig,
  batcherConfigSchema,
  type ProposerConfig,
  proposerConfigSchema,
} from "./rollup/role-config.ts";
export type { RoleState, RunningRole } from "./rollup/running-role.ts";
export { type RunningSequencer, startSequencer } from "./rollup/sequencer.ts";
export { type SequencerConfig, sequencerConfigSchema } from "./rollup/sequencer-config.ts";
export { type RunningVerifier, startVerifier } from "./rollup/verifier.ts";
export { type VerifierConfig, verifierConfigSchema } from "./rollup/verifier-config.ts";
