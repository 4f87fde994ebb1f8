import { type Address, concat, encodeFunctionData, type Hex, zeroAddress } from "viem";
import { outputRoot } from "../formats/output-root.ts";
import { l2SenderOf } from "./address-alias.ts";
import { contractArtifact } from "./contract-artifact.ts";
import { CREATE2_FACTORY, ensureCreate2Factory } from "./create2-factory.ts";
import { type DeployConfig, type DeployRoles, deploymentSalt, deployRoles } from "./deploy-config.ts";
import type { Deployment } from "./deployment.ts";
import { describeDeployment, type L1Origin, l2GenesisOptions } from "./describe-deployment.ts";
import { DeployError } from "./errors.ts";
import { initialisations } from "./initialisations.ts";
import type { L1Account, L1Call } from "./l1-account.ts";
import {
  type Creation,
  type L1Plan,
  multicallCreation,
  PERMISSIONED_GAME_TYPE,
  type ProxiedName,
  planL1,
} from "./l1-plan.ts";
import { IMPLEMENTATION_SLOT } from "./l2-alloc.ts";
import { createL2Genesis } from "./l2-genesis.ts";
import { PREDEPLOY_ADDRESSES } from "./predeploys.ts";

export interface DeployOptions {
  readonly config: DeployConfig;
  readonly l1: L1Account;
  /** Ether that exists on L2 without a deposit: for development chains. */
  readonly funded?: readonly { readonly address: Address; readonly wei: bigint }[];
  /** Called before each step with what it does. */
  readonly onStep?: (step: string) => void;
}

/** A transaction that is needed once; L1 itself says whether it was made. */
interface Step {
  readonly name: string;
  readonly isDone: () => Promise<boolean>;
  readonly call: L1Call;
}

/**
 * Puts the rollup's contracts on L1 and describes the chain that they belong to. L1 is the only record of what was done:
 * the same call after a crash, also from another machine, goes on where it stopped, and changes nothing when all is done.
 *
 * @throws DeployError
 */
export const deploy = async (options: DeployOptions): Promise<Deployment> => {
  const { config, l1, funded = [], onStep = () => {} } = options;
  const roles = deployRoles(config, l1.address);
  const plan = planL1(config, roles, l1.address, deploymentSalt(config, funded));
  const run = (title: string, steps: readonly Step[]): Promise<void> => runSteps(l1, steps, title, onStep);

  onStep("Looking for the CREATE2 factory");
  await ensureCreate2Factory(l1);
  const multicall = await multicallOf(l1);
  const creations = multicall.creation ? [...plan.creations, multicall.creation] : plan.creations;
  await run(
    "Creating",
    creations.map((creation) => creationStep(l1, creation)),
  );

  const initialise = initialisations({ config, roles, plan });
  const proxyStep = (name: ProxiedName, data: Hex): Step => initialisationStep(l1, plan, name, data);
  await run(
    "Initialising",
    Object.entries(initialise.first).map(([name, data]) => proxyStep(name as ProxiedName, data)),
  );

  onStep("Computing the L2 genesis");
  const origin = await originOf(l1, plan);
  const l2Owner = l2SenderOf(roles.owner, await l1.client.getCode({ address: roles.owner }));
  const choices = { config, roles, plan, origin, l1ChainId: l1.chainId };
  const genesisOptions = l2GenesisOptions({ ...choices, l2Owner, funded });
  const genesis = await createL2Genesis(genesisOptions);
  const root = outputRoot({ ...genesis, blockHash: genesis.hash });

  // The portal comes last: no deposit can lie before the L1 block from which verifiers look for them.
  await run("Initialising", [
    proxyStep("anchorStateRegistry", initialise.anchorStateRegistry(root)),
    ...gameSteps(l1, config, plan),
  ]);
  await run("Opening", [proxyStep("optimismPortal", initialise.optimismPortal)]);
  await run("Handing over", ownershipSteps(l1, plan, roles));
  await checkGenesis(l1, plan, root);
  return describeDeployment({ ...choices, genesis, genesisOptions, outputRoot: root, multicall3: multicall.address });
};

const runSteps = async (
  l1: L1Account,
  steps: readonly Step[],
  title: string,
  onStep: (step: string) => void,
): Promise<void> => {
  const missing: Step[] = [];
  for (const step of steps) if (!(await step.isDone())) missing.push(step);
  if (missing.length === 0) return;
  onStep(`${title} ${missing.map(({ name }) => name).join(", ")}`);
  await l1.send(missing.map(({ call }) => call));
  for (const step of missing) {
    if (!(await step.isDone())) throw new DeployError("NOT_DEPLOYED", `${title} ${step.name} had no effect on L1.`);
  }
};

const hasCode = async ({ client }: L1Account, address: Address): Promise<boolean> =>
  (await client.getCode({ address })) !== undefined;

const multicallOf = async (l1: L1Account): Promise<{ address: Address; creation?: Creation }> => {
  if (await hasCode(l1, PREDEPLOY_ADDRESSES.multicall3)) return { address: PREDEPLOY_ADDRESSES.multicall3 };
  const creation = multicallCreation();
  return { address: creation.address, creation };
};

const creationStep = (l1: L1Account, { name, address, salt, initCode }: Creation): Step => ({
  name,
  isDone: () => hasCode(l1, address),
  call: { to: CREATE2_FACTORY, data: concat([salt, initCode]) },
});

/** Implementation and first values in one transaction, so that nobody can come between. */
const initialisationStep = (l1: L1Account, plan: L1Plan, name: ProxiedName, data: Hex): Step => {
  const proxy = plan.addresses[name];
  const args = [proxy, plan.implementations[name], data];
  return {
    name,
    isDone: async () =>
      BigInt((await l1.client.getStorageAt({ address: proxy, slot: IMPLEMENTATION_SLOT })) ?? "0x0") !== 0n,
    call: callOf(plan.addresses.proxyAdmin, "proxy/ProxyAdmin", "upgradeAndCall", args),
  };
};

/** The bond first: a game type that exists has its bond. */
const gameSteps = (l1: L1Account, { bridge }: DeployConfig, plan: L1Plan): readonly Step[] => {
  const factory = plan.addresses.disputeGameFactory;
  const artifact = "l1/dispute/DisputeGameFactory";
  const isKnown = async (): Promise<boolean> =>
    (await read<Address>(l1, factory, artifact, "gameImpls", [PERMISSIONED_GAME_TYPE])) !== zeroAddress;
  const call = (functionName: string, value: unknown): L1Call =>
    callOf(factory, artifact, functionName, [PERMISSIONED_GAME_TYPE, value]);
  return [
    { name: "bond", isDone: isKnown, call: call("setInitBond", BigInt(bridge.bondWei)) },
    { name: "game type", isDone: isKnown, call: call("setImplementation", plan.addresses.permissionedGame) },
  ];
};

const ownershipSteps = (l1: L1Account, { addresses }: L1Plan, { owner }: DeployRoles): readonly Step[] => {
  const owned = { proxyAdmin: "proxy/ProxyAdmin", disputeGameFactory: "l1/dispute/DisputeGameFactory" } as const;
  return Object.entries(owned).map(([name, artifact]) => {
    const address = addresses[name as keyof typeof owned];
    return {
      name: `${name} to ${owner}`,
      // Whoever was given it may have passed it on.
      isDone: async () => owner === l1.address || (await read<Address>(l1, address, artifact, "owner")) !== l1.address,
      call: callOf(address, artifact, "transferOwnership", [owner]),
    };
  });
};

/** L2 begins at the L1 block that configured it. */
const originOf = async (l1: L1Account, { addresses }: L1Plan): Promise<L1Origin> => {
  const number = await read<bigint>(l1, addresses.systemConfig, "l1/SystemConfig", "startBlock");
  const { hash, timestamp } = await l1.client.getBlock({ blockNumber: number });
  return { number, hash, timestamp };
};

/** Another version of the predeploys would give another genesis than the one that L1 knows. */
const checkGenesis = async (l1: L1Account, { addresses }: L1Plan, expected: Hex): Promise<void> => {
  const registry = addresses.anchorStateRegistry;
  const { root } = await read<{ root: Hex }>(
    ...([l1, registry, "l1/dispute/AnchorStateRegistry", "getStartingAnchorRoot"] as const),
  );
  if (root === expected) return;
  throw new DeployError(
    "GENESIS_MISMATCH",
    `L1 starts from output root ${root}, this version of Hyperion from ${expected}.`,
  );
};

const callOf = (to: Address, artifact: string, functionName: string, args: readonly unknown[]): L1Call => ({
  to,
  data: encodeFunctionData({ abi: contractArtifact(artifact).abi, functionName, args }),
});

const read = async <T>(
  { client }: L1Account,
  address: Address,
  artifact: string,
  functionName: string,
  args: readonly unknown[] = [],
): Promise<T> => {
  const { abi } = contractArtifact(artifact);
  return (await client.readContract({ address, abi, functionName, args })) as T;
};
