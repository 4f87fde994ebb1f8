import { readFileSync } from "node:fs";
import { Command } from "commander";
import {
  type Abi,
  type Account,
  BaseError,
  type Chain,
  createPublicClient,
  createWalletClient,
  decodeEventLog,
  defineChain,
  encodeDeployData,
  formatEther,
  type Hex,
  http,
  type PublicClient,
  parseEther,
  type TransactionReceipt,
  type WalletClient,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { type Bridge, connectBridge } from "../bridge/connect-bridge.ts";
import { type Deposited, depositEther } from "../bridge/deposit.ts";
import { completeWithdrawal, type WithdrawalStatus, withdrawEther } from "../bridge/withdrawal.ts";
import { bold, dim, green } from "../terminal/style.ts";

const DEFAULT_URL = "http://127.0.0.1:8545";
const DEPOSIT = parseEther("2");
const WITHDRAWAL = parseEther("1");
const DEFAULT_PROMPT = "lend 5 ETH to the pool";
/** The account every development chain funds. */
const DEV_MNEMONIC = "test test test test test test test test test test test junk";

interface Artifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

/** What the example contract understood. */
interface Intent {
  readonly tool: string;
  readonly asset: string;
  readonly amount: string;
  readonly to: string;
}

/** Result of a run, as printed by `--json`. Times in milliseconds, gas as decimal strings. */
interface DemoResult {
  readonly contract: Hex;
  readonly prompt: string;
  readonly answer: string;
  readonly intent: Intent;
  readonly tokens: number;
  readonly gasUsed: string;
  readonly transaction: Hex;
  readonly milliseconds: number;
  /** Ether that the executed intent moved; absent when the prompt is not a loan of ether. */
  readonly lent?: string;
  /** To L2 and back; absent on a chain without an L1. */
  readonly bridge?: BridgeResult;
}

interface BridgeResult {
  /** Ether that was deposited, and half of which was withdrawn again. */
  readonly deposited: string;
  readonly withdrawn: string;
  readonly l1Deposit: Hex;
  readonly l2Deposit: Hex;
  readonly l2Withdrawal: Hex;
  readonly stages: readonly WithdrawalStatus[];
  readonly milliseconds: number;
}

/** `hyperion demo`: deploys the example contract on a running development chain and lets it understand one sentence. */
export const demoCommand = (): Command =>
  new Command("demo")
    .description(
      "Deposit from L1, deploy the example contract, ask the on-chain model to understand a sentence, act on it, and withdraw to L1 again.",
    )
    .argument("[prompt]", "what to ask for, in plain language", DEFAULT_PROMPT)
    .option("--rpc-url <url>", "JSON-RPC endpoint of the chain", DEFAULT_URL)
    .option("--json", "print one JSON object instead of text", false)
    .action(async (prompt: string, options: { rpcUrl: string; json: boolean }) => {
      const result = await runDemo(options.rpcUrl, prompt, options.json ? () => {} : printStep);
      process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describe(result));
    });

const printStep = (text: string): void => void process.stdout.write(dim(`${text}…\n`));

const describeBridge = ({
  deposited,
  withdrawn,
  l2Deposit,
  l2Withdrawal,
  milliseconds,
}: BridgeResult): [string, string][] => [
  ["Deposited", `${deposited} ETH from L1, L2 transaction ${l2Deposit}`],
  ["Withdrawn", `${withdrawn} ETH to L1 in ${(milliseconds / 1000).toFixed(0)} s, L2 transaction ${l2Withdrawal}`],
];

const artifact = (name: string): Artifact =>
  JSON.parse(readFileSync(new URL(import.meta.resolve(`@hyperion/contracts/${name}.json`)), "utf8"));

interface Session {
  readonly client: PublicClient;
  readonly wallet: WalletClient;
  readonly account: Account;
  readonly chain: Chain;
}

const connect = async (rpcUrl: string): Promise<Session> => {
  const transport = http(rpcUrl, { retryCount: 0 });
  const chainId = await createPublicClient({ transport })
    .getChainId()
    .catch((cause: unknown) => {
      const reason = cause instanceof BaseError ? cause.details : String(cause);
      throw new Error(`No chain answers at ${rpcUrl} (${reason}).\nStart one in another terminal first: npm start`, {
        cause,
      });
    });
  const chain = defineChain({
    id: chainId,
    name: "Hyperion",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const account = mnemonicToAccount(DEV_MNEMONIC);
  return {
    client: createPublicClient({ chain, transport, pollingInterval: 100 }),
    wallet: createWalletClient({ chain, transport, account }),
    account,
    chain,
  };
};

const succeeded = (receipt: TransactionReceipt): TransactionReceipt => {
  if (receipt.status === "success") return receipt;
  throw new Error(`The transaction ${receipt.transactionHash} reverted; debug_traceTransaction shows where.`);
};

const runDemo = async (rpcUrl: string, prompt: string, step: (text: string) => void): Promise<DemoResult> => {
  const session = await connect(rpcUrl);
  const { account: devAccount } = session;
  const bridge = await connectBridge({ l2Url: rpcUrl, devAccount });
  const deposited = bridge && (await depositEther(bridge, devAccount.address, DEPOSIT, step));
  const { abi, bytecode } = artifact("ai/IntentDemo");
  const { account, chain, client, wallet } = session;

  step(`Deploying the example contract on chain ${chain.id}`);
  const deployment = succeeded(
    await wallet.sendTransactionSync({ data: encodeDeployData({ abi, bytecode }), account, chain }),
  );
  const contract = deployment.contractAddress as Hex;

  step("Asking the model inside a transaction");
  const [answer] = (await client.readContract({
    address: contract,
    abi,
    functionName: "preview",
    blockTag: "pending",
    args: [prompt],
  })) as [string, bigint];
  const started = performance.now();
  const receipt = succeeded(
    await wallet.writeContractSync({ address: contract, abi, functionName: "ask", args: [prompt], account, chain }),
  );
  const milliseconds = Math.round(performance.now() - started);
  const understood = understoodIntent(abi, receipt);
  const lent = await lend(session, { abi, contract, prompt, intent: understood.intent }, step);
  const bridged = bridge && deposited && (await withdrawAgain(bridge, deposited, step));
  return {
    contract,
    prompt,
    answer,
    ...understood,
    gasUsed: receipt.gasUsed.toString(),
    transaction: receipt.transactionHash,
    milliseconds,
    ...(lent === undefined ? {} : { lent }),
    ...(bridged && { bridge: bridged }),
  };
};

const STAGES: Readonly<Record<WithdrawalStatus, string>> = {
  "waiting-to-prove": "Waiting for a proposal that covers the withdrawal",
  "ready-to-prove": "Proving the withdrawal on L1",
  "waiting-to-finalize": "Proven; waiting until nobody can object any more",
  "ready-to-finalize": "Finalizing on L1",
  finalized: "Finalized: the ether is on L1",
};

/** Through every stage, with viem's op-stack actions as any application would use them. */
const withdrawAgain = async (
  bridge: Bridge,
  deposited: Deposited,
  step: (text: string) => void,
): Promise<BridgeResult> => {
  const started = performance.now();
  step("Withdrawing on L2");
  const receipt = await withdrawEther(bridge, bridge.account.address, WITHDRAWAL);
  const stages: WithdrawalStatus[] = [];
  await completeWithdrawal(bridge, receipt, (status) => {
    stages.push(status);
    step(STAGES[status]);
  });
  return {
    ...{ deposited: formatEther(DEPOSIT), withdrawn: formatEther(WITHDRAWAL) },
    ...{ l1Deposit: deposited.l1Transaction, l2Deposit: deposited.l2Transaction },
    ...{ l2Withdrawal: receipt.transactionHash, stages, milliseconds: Math.round(performance.now() - started) },
  };
};

const understoodIntent = (abi: Abi, receipt: TransactionReceipt): { intent: Intent; tokens: number } => {
  for (const { data, topics } of receipt.logs) {
    const event = decodeEventLog({ abi, data, topics, strict: false });
    if (event.eventName !== "IntentUnderstood") continue;
    const { tool, asset, amount, to, tokens } = event.args as unknown as Intent & { tokens: bigint };
    return { intent: { tool, asset, amount, to }, tokens: Number(tokens) };
  }
  throw new Error("The contract did not report what it understood.");
};

/** Acts on an intent to lend ether, with exactly the amount in the sentence. */
const lend = async (
  session: Session,
  call: { abi: Abi; contract: Hex; prompt: string; intent: Intent },
  step: (text: string) => void,
): Promise<string | undefined> => {
  const { intent, abi, contract, prompt } = call;
  if (intent.tool !== "lend" || intent.asset !== "ETH" || !/^\d+(\.\d+)?$/.test(intent.amount)) return undefined;
  step("Executing the intent");
  const value = parseEther(intent.amount);
  const { wallet, account, chain } = session;
  succeeded(
    await wallet.writeContractSync({
      address: contract,
      abi,
      functionName: "execute",
      args: [prompt],
      value,
      account,
      chain,
    }),
  );
  return formatEther(value);
};

const describe = (result: DemoResult): string => {
  const rows: [string, string][] = [
    ["Prompt", bold(result.prompt)],
    ["Answer", green(result.answer)],
    ["Tool", result.intent.tool],
    ["Asset", result.intent.asset],
    ["Amount", result.intent.amount],
    ["To", result.intent.to],
    ["Tokens", String(result.tokens)],
    ["Gas", Number(result.gasUsed).toLocaleString("en")],
    ["Time", `${result.milliseconds} ms from signing to receipt`],
    ["Contract", result.contract],
    ["Transaction", result.transaction],
  ];
  if (result.lent !== undefined) rows.push(["Executed", `${result.lent} ETH lent to the pool`]);
  if (result.bridge) rows.push(...describeBridge(result.bridge));
  const lines = rows.filter(([, value]) => value !== "").map(([label, value]) => `  ${label.padEnd(13)}${value}`);
  return `\n${lines.join("\n")}\n\n`;
};
