import { type Address, getAddress, isAddress, keccak256, toHex } from "viem";
import { z } from "zod";

const address = z
  .string()
  .refine((text) => isAddress(text, { strict: false }), "an address is expected")
  .transform((text): Address => getAddress(text))
  .optional();
const wei = z.string().regex(/^\d{1,30}$/, "a whole number of wei is expected");
const seconds = z.int().min(0).max(31_536_000);
const uint32 = z.int().min(0).max(0xffff_ffff);

const roles = z
  .strictObject({
    owner: address.describe("May upgrade every contract and change the configuration (default: the deploying account)"),
    guardian: address.describe("May pause withdrawals and disregard games (default: the owner)"),
    batcher: address.describe("Posts the chain's data (default: the owner)"),
    sequencer: address.describe("Signs blocks that are not on L1 yet (default: the batcher)"),
    proposer: address.describe("Proposes output roots (default: the owner)"),
    challenger: address.describe("Strikes down wrong proposals (default: the guardian)"),
    feeRecipient: address.describe("Gets the fees of all vaults, on L2 (default: the owner)"),
  })
  .prefault({});

const fees = z
  .strictObject({
    baseFeeScalar: uint32.default(1_368).describe("Share of the L1 base fee in the data fee, millionths"),
    blobBaseFeeScalar: uint32.default(810_949).describe("Share of the blob base fee in the data fee, millionths"),
    operatorFeeScalar: uint32.default(0).describe("Operator fee, wei per million gas"),
    operatorFeeConstant: z.int().min(0).default(0).describe("Operator fee, wei per transaction"),
    eip1559Denominator: uint32.min(1).default(250).describe("The base fee changes by at most one part in so many"),
    eip1559Elasticity: uint32.min(1).default(6).describe("Gas limit divided by gas target"),
    vaultMinimumWei: wei.default("100000000000000000").describe("Least payment out of a fee vault, in wei"),
  })
  .prefault({});

const bridge = z
  .strictObject({
    proofMaturitySeconds: seconds.default(604_800).describe("Time between the proof of a withdrawal and its payment"),
    gameFinalitySeconds: seconds.default(302_400).describe("Time between the end of a dispute and its effect"),
    maxClockSeconds: seconds.min(1).default(302_400).describe("Time in which a proposal can be challenged"),
    bondWei: wei.default("80000000000000000").describe("Bond of a proposal, in wei"),
  })
  .prefault({});

const derivation = z
  .strictObject({
    blockTimeSeconds: z.int().min(1).max(60).default(2).describe("Time between L2 blocks"),
    sequencerWindowBlocks: z.int().min(1).default(3_600).describe("L1 blocks in which a batch must be posted"),
    altDa: z
      .enum(["none", "keccak", "generic"])
      .default("none")
      .describe("Whether batches may be kept outside of L1, and by what kind of commitment they are found"),
  })
  .prefault({});

/** Every choice of a deployment. The same choices by the same account are the same deployment, at the same addresses. */
export const deployConfigSchema = z.strictObject({
  chainId: z.int().min(1).default(133_777).describe("Chain id of L2"),
  gasLimit: z.int().min(21_000_000).max(500_000_000).default(60_000_000).describe("Gas limit of an L2 block"),
  jovian: z.boolean().default(false).describe("Activate Jovian at genesis"),
  salt: z.string().max(64).default("").describe("Tells deployments with equal choices apart"),
  roles,
  fees,
  bridge,
  derivation,
});

export type DeployConfig = z.output<typeof deployConfigSchema>;

/** The roles, all filled in. */
export type DeployRoles = Readonly<Record<keyof DeployConfig["roles"], Address>>;

export const deployRoles = ({ roles }: DeployConfig, deployer: Address): DeployRoles => {
  const owner = roles.owner ?? deployer;
  const guardian = roles.guardian ?? owner;
  const batcher = roles.batcher ?? owner;
  const { sequencer = batcher, proposer = owner, challenger = guardian, feeRecipient = owner } = roles;
  return { owner, guardian, batcher, sequencer, proposer, challenger, feeRecipient };
};

/** Where batches go: no contract, an address that says which chain they belong to. */
export const batchInboxOf = (chainId: number): Address =>
  getAddress(`0xff${chainId.toString().padStart(38, "0").slice(-38)}`);

/** What makes the addresses of one deployment differ from those of another. */
export const deploymentSalt = (config: DeployConfig, funded: readonly { address: Address; wei: bigint }[]): bigint =>
  BigInt(keccak256(toHex(JSON.stringify([config, funded.map(({ address, wei }) => [address, `${wei}`])]))));
