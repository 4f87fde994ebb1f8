import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createClassifier, createEngine, isNetwork, ModelStore } from "@hyperion/inference";
import { AltDaClient, contractArtifact, encodeCommitment, PREDEPLOY_ADDRESSES } from "@hyperion/rollup";
import { Command } from "commander";
import {
  type Account,
  type Address,
  bytesToHex,
  createPublicClient,
  createWalletClient,
  type Hash,
  type Hex,
  http,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";

interface Flags {
  readonly rpcUrl: string;
  readonly keyFile?: string;
  readonly from?: Address;
  readonly dataDir?: string;
  readonly location: string;
  readonly daServer?: string;
  readonly json: boolean;
}

/** `hyperion model register`: lets contracts call a model. */
export const registerModelCommand = (): Command =>
  new Command("register")
    .description("Enter a model into the chain's registry, so that contracts can call it by its root.")
    .argument("<model>", "blob to register")
    .option("--rpc-url <url>", "node that sends the transaction", "http://127.0.0.1:8545")
    .option("--key-file <file>", "file with the private key of the registry's owner or of a publisher")
    .option("--from <address>", "account that the node signs for (default: its first; development chains only)")
    .option("--data-dir <folder>", "data directory of a node on this machine that is to have the model")
    .option("--location <url>", "where other nodes may fetch the blob: an http address, or da:0x… and a commitment", "")
    .option("--da-server <url>", "alt-DA server that is given the blob, for nodes with --inference-da-servers")
    .option("--json", "print one JSON object instead of text", false)
    .action(async (path: string, flags: Flags) => {
      const report = await register(path, flags);
      process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : describe(report));
    });

interface Report {
  readonly root: Hex;
  readonly callable: boolean;
  readonly transaction: Hash;
  readonly activeFrom: number;
}

/** ModelRegistry.MAX_CALLED_SIZE. */
const MAX_CALLED_SIZE = 4 << 20;
const REGISTRY = PREDEPLOY_ADDRESSES.modelRegistry;

const register = async (path: string, flags: Flags): Promise<Report> => {
  const blob = new Uint8Array(readFileSync(path));
  const { root, callable, description } = describeBlob(blob);
  if (flags.dataDir !== undefined) {
    new ModelStore({ folder: join(flags.dataDir, "models"), residentBytes: 0 }).add(blob);
  }
  const location = flags.daServer === undefined ? flags.location : await publish(blob, flags.daServer);
  const { abi } = contractArtifact("ai/ModelRegistry");
  const transport = http(flags.rpcUrl);
  const reader = createPublicClient({ transport });
  const account = await accountOf(flags);
  const call = {
    address: REGISTRY,
    abi,
    functionName: "register",
    args: [root, blob.length, { ...description, location }],
    account,
  };
  const { request } = await reader.simulateContract(call);
  const transaction = await createWalletClient({ transport }).writeContract({ ...request, chain: null });
  await reader.waitForTransactionReceipt({ hash: transaction, pollingInterval: 100 });
  const entry = (await reader.readContract({
    address: REGISTRY,
    abi,
    functionName: "model",
    args: [root],
  })) as readonly [{ readonly activeFrom: bigint }];
  return { root, callable, transaction, activeFrom: Number(entry[0].activeFrom) };
};

/** Keeps the blob on an alt-DA server under its hash; returns the location to register. */
const publish = async (blob: Uint8Array, url: string): Promise<string> => {
  const commitment = await new AltDaClient({ urls: [url], kind: "keccak" }).put(blob);
  return `da:${bytesToHex(encodeCommitment(commitment))}`;
};

const accountOf = async ({ keyFile, from, rpcUrl }: Flags): Promise<Account | Address> => {
  if (keyFile !== undefined) return privateKeyToAccount(readFileSync(keyFile, "utf8").trim() as Hex);
  if (from !== undefined) return from;
  const [first] = await createWalletClient({ transport: http(rpcUrl) }).getAddresses();
  if (!first) throw new Error("The node signs for nobody: give --key-file.");
  return first;
};

interface DescribedBlob {
  readonly root: Hex;
  readonly callable: boolean;
  readonly description: { readonly architecture: number; readonly kiloMacs: number };
}

const describeBlob = (blob: Uint8Array): DescribedBlob => {
  if (isNetwork(blob)) {
    const { id, gas } = createClassifier(blob);
    // Eight multiply-accumulates cost a gas.
    const description = { architecture: 2, kiloMacs: Math.ceil(Number(gas) / 125) };
    return { root: bytesToHex(id), callable: blob.length <= MAX_CALLED_SIZE, description };
  }
  const { id, callable, header } = createEngine(blob);
  const { layers, dim, heads, kvHeads, headDim, ffn } = header;
  // Per position, without attention and output head.
  const macs = layers * dim * (2 * heads * headDim + 2 * kvHeads * headDim + 3 * ffn);
  return { root: bytesToHex(id), callable, description: { architecture: 1, kiloMacs: Math.ceil(macs / 1000) } };
};

const describe = ({ root, callable, transaction, activeFrom }: Report): string => {
  const when = activeFrom * 1000 <= Date.now() ? "at once" : `from ${new Date(activeFrom * 1000).toISOString()} on`;
  const use = callable ? `Contracts can call it ${when}.` : "It is too large for contracts; off chain it can be used.";
  return `  Root         ${root}\n  Transaction  ${transaction}\n  ${use}\n`;
};
