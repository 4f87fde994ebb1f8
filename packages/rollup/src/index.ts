/** The chain as a layer 2 of Ethereum, in the OP Stack's formats. */

export { type ContractArtifact, contractArtifact, type StateVariable } from "./deploy/contract-artifact.ts";
export { type GenesisAccount, l2Alloc } from "./deploy/l2-alloc.ts";
export { createL2Genesis, type L2Genesis } from "./deploy/l2-genesis.ts";
export type { FeeVaultOptions, L2GenesisOptions } from "./deploy/l2-genesis-options.ts";
export { PREDEPLOY_ADDRESSES, PREDEPLOYS, type Predeploy } from "./deploy/predeploys.ts";
