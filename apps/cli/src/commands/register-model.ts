import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createEngine, ModelStore } from "@hyperion/inference";
import { contractArtifact, PREDEPLOY_ADDRESSES } from "@hyperion/rollup";
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
    .option("--location <url>", "where other nodes may fetch the blob", "")
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

const REGISTRY = PREDEPLOY_ADDRESSES.modelRegistry;

const register = async (path: string, flags: Flags): Promise<Report> => {
  const blob = new Uint8Array(readFileSync(path));
  const engine = createEngine(blob);
  const root = bytesToHex(engine.id);
  if (flags.dataDir !== undefined) {
    new ModelStore({ folder: join(flags.dataDir, "models"), residentBytes: 0 }).add(blob);
  }
  const { abi } = contractArtifact("ai/ModelRegistry");
  const transport = http(flags.rpcUrl);
  const reader = createPublicClient({ transport });
  const account = await accountOf(flags);
  const description = { architecture: 1, kiloMacs: Math.ceil(macsOf(engine) / 1000), location: flags.location };
  const call = { address: REGISTRY, abi, functionName: "register", args: [root, blob.length, description], account };
  const { request } = await reader.simulateContract(call);
  const transaction = await createWalletClient({ transport }).writeContract({ ...request, chain: null });
  await reader.waitForTransactionReceipt({ hash: transaction, pollingInterval: 100 });
  const entry = (await reader.readContract({
    address: REGISTRY,
    abi,
    functionName: "model",
    args: [root],
  })) as readonly [{ readonly activeFrom: bigint }];
  return { root, callable: engine.callable, transaction, activeFrom: Number(entry[0].activeFrom) };
};

const accountOf = async ({ keyFile, from, rpcUrl }: Flags): Promise<Account | Address> => {
  if (keyFile !== undefined) return privateKeyToAccount(readFileSync(keyFile, "utf8").trim() as Hex);
  if (from !== undefined) return from;
  const [first] = await createWalletClient({ transport: http(rpcUrl) }).getAddresses();
  if (!first) throw new Error("The node signs for nobody: give --key-file.");
  return first;
};

/** Multiply-accumulates per position, without attention and output head. */
const macsOf = ({ header }: ReturnType<typeof createEngine>): number => {
  const { layers, dim, heads, kvHeads, headDim, ffn } = header;
  return layers * dim * (2 * heads * headDim + 2 * kvHeads * headDim + 3 * ffn);
};

const describe = ({ root, callable, transaction, activeFrom }: Report): string => {
  const when = activeFrom * 1000 <= Date.now() ? "at once" : `from ${new Date(activeFrom * 1000).toISOString()} on`;
  const use = callable ? `Contracts can call it ${when}.` : "It is too large for contracts; off chain it can be used.";
  return `  Root         ${root}\n  Transaction  ${transaction}\n  ${use}\n`;
};
