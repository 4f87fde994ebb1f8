/** The chain as a layer 2 of Ethereum, in the OP Stack's formats. */

export { type ContractArtifact, contractArtifact, type StateVariable } from "./deploy/contract-artifact.ts";
export { type DeployOptions, deploy } from "./deploy/deploy.ts";
export { type DeployConfig, type DeployRoles, deployConfigSchema } from "./deploy/deploy-config.ts";
export {
  type Deployment,
  deploymentSchema,
  formatDeployment,
  genesisOptions,
  parseDeployment,
  readDeployment,
  writeDeployment,
} from "./deploy/deployment.ts";
export { DeployError, type DeployErrorCode } from "./deploy/errors.ts";
export { connectL1Account, type L1Account, type L1AccountOptions, type L1Call } from "./deploy/l1-account.ts";
export { type L1Addresses, PERMISSIONED_GAME_TYPE } from "./deploy/l1-plan.ts";
export { type GenesisAccount, l2Alloc } from "./deploy/l2-alloc.ts";
export { createL2Genesis, type L2Genesis } from "./deploy/l2-genesis.ts";
export type { FeeVaultOptions, L2GenesisOptions } from "./deploy/l2-genesis-options.ts";
export { PREDEPLOY_ADDRESSES, PREDEPLOYS, type Predeploy } from "./deploy/predeploys.ts";
