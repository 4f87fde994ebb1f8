import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { type Address, getAddress, type Hex, isAddress, isHex } from "viem";
import { z } from "zod";
import { formatRollupConfig, parseRollupConfig, RollupConfigError } from "../config/rollup-config.ts";
import { DeployError } from "./errors.ts";
import type { L2GenesisOptions } from "./l2-genesis-options.ts";

const address = z
  .string()
  .refine((text) => isAddress(text, { strict: false }), "an address is expected")
  .transform((text): Address => getAddress(text));
const hash = z
  .string()
  .refine((text) => isHex(text) && text.length === 66, "a 32-byte hash is expected")
  .transform((text) => text as Hex);
const wei = z
  .string()
  .regex(/^\d{1,78}$/)
  .transform((text) => BigInt(text));
const count = z.int().min(0);

const vault = z.strictObject({ recipient: address, minimum: wei, network: z.enum(["l1", "l2"]) });

const l2Genesis = z.strictObject({
  chainId: count,
  timestamp: wei,
  gasLimit: wei,
  baseFee: wei,
  eip1559: z.strictObject({ denominator: count, elasticity: count }),
  jovian: z.boolean(),
  l1: z.strictObject({
    ...{ chainId: count, crossDomainMessenger: address },
    ...{ standardBridge: address, erc721Bridge: address },
  }),
  proxyAdminOwner: address,
  feeVaults: z.strictObject({ sequencer: vault, baseFee: vault, l1Fee: vault, operatorFee: vault }),
  funded: z.array(z.strictObject({ address, wei })),
});

const addresses = z.strictObject({
  proxyAdmin: address,
  systemConfig: address,
  optimismPortal: address,
  anchorStateRegistry: address,
  disputeGameFactory: address,
  l1CrossDomainMessenger: address,
  l1StandardBridge: address,
  l1ERC721Bridge: address,
  optimismMintableERC20Factory: address,
  permissionedGame: address,
  multicall3: address,
});

const roles = z.strictObject({
  owner: address,
  guardian: address,
  batcher: address,
  sequencer: address,
  proposer: address,
  challenger: address,
  feeRecipient: address,
});

/** The deployment file: all that a node needs to follow the chain from an L1 endpoint. */
export const deploymentSchema = z.strictObject({
  version: z.literal(1),
  l1ChainId: count,
  l2ChainId: count,
  /** L1 contracts. */
  addresses,
  roles,
  bridge: z.strictObject({
    ...{ proofMaturitySeconds: count, gameFinalitySeconds: count, maxClockSeconds: count },
    ...{ bondWei: wei, gameType: count },
  }),
  genesis: z.strictObject({
    l2Hash: hash,
    stateRoot: hash,
    messagePasserStorageRoot: hash,
    outputRoot: hash,
    /** Of the accounts of block 0, in canonical form: names the set of predeploys. */
    allocHash: hash,
  }),
  /** Block 0 of L2 follows from these. */
  l2Genesis,
  /** In op-node's form, `rollup.json`. */
  rollup: z.unknown().transform(parseRollupConfig),
});

export type Deployment = z.output<typeof deploymentSchema>;

/** @returns the options that `createL2Genesis` makes block 0 of */
export const genesisOptions = ({ l2Genesis }: Deployment): L2GenesisOptions => l2Genesis;

/** @throws DeployError naming the field that is wrong */
export const parseDeployment = (json: unknown): Deployment => {
  const invalid = (problem: string, cause: unknown): DeployError =>
    new DeployError("INVALID_DEPLOYMENT_FILE", `The deployment file is not valid: ${problem}.`, { cause });
  try {
    return deploymentSchema.parse(json);
  } catch (error) {
    if (error instanceof RollupConfigError) throw invalid(`rollup.${error.path}: ${error.shortMessage}`, error);
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    throw invalid(`${issue?.path.join(".")}: ${issue?.message}`, error);
  }
};

/** @throws DeployError when the file cannot be read or is not a deployment */
export const readDeployment = (file: string): Deployment => {
  const read = (): unknown => {
    try {
      return JSON.parse(readFileSync(file, "utf8"));
    } catch (cause) {
      const message = `The deployment file ${file} cannot be read: ${(cause as Error).message}.`;
      throw new DeployError("INVALID_DEPLOYMENT_FILE", message, { cause });
    }
  };
  return parseDeployment(read());
};

export const formatDeployment = (deployment: Deployment): string => {
  const document = { ...deployment, rollup: formatRollupConfig(deployment.rollup) };
  return `${JSON.stringify(document, (_, value) => (typeof value === "bigint" ? `${value}` : value), 2)}\n`;
};

/** Whole or not at all: a reader never sees half a file. */
export const writeDeployment = (file: string, deployment: Deployment): void => {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, formatDeployment(deployment));
  renameSync(temporary, file);
};
