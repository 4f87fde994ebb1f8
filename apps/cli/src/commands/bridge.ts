import { readPrivateKey } from "@hyperion/node";
import { Command } from "commander";
import { type Address, formatUnits, getAddress, type Hex, isAddress, isHex, parseUnits } from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { type Bridge, connectBridge } from "../bridge/connect-bridge.ts";
import { depositEther, depositToken } from "../bridge/deposit.ts";
import { decimalsOf, l2TokenOf } from "../bridge/tokens.ts";
import { completeWithdrawal, withdrawalStatus, withdrawEther, withdrawToken } from "../bridge/withdrawal.ts";
import { printEvent } from "../terminal/print-event.ts";
import { bold, dim, green } from "../terminal/style.ts";

interface Flags {
  readonly rpcUrl: string;
  readonly l1RpcUrl?: string;
  readonly keyFile?: string;
  readonly token?: string;
  readonly to?: string;
  readonly resume?: string;
  readonly json: boolean;
}

const KEY_VARIABLE = "HYPERION_KEY";
/** The account every development chain funds. */
const DEV_MNEMONIC = "test test test test test test test test test test test junk";
const ETHER_DECIMALS = 18;

/** `hyperion bridge`: moves ether and tokens between the layers, and shows how far a withdrawal has come. */
export const bridgeCommand = (): Command =>
  new Command("bridge")
    .description(
      `Move ether and ERC-20 tokens between the layers. The key comes from ${KEY_VARIABLE} or a file; development chains have one.`,
    )
    .addCommand(depositCommand())
    .addCommand(withdrawCommand())
    .addCommand(statusCommand());

const withConnection = (command: Command): Command =>
  command
    .option("--rpc-url <url>", "JSON-RPC endpoint of L2", "http://127.0.0.1:8545")
    .option("--l1-rpc-url <url>", "JSON-RPC endpoint of L1 (default: a development chain's own)")
    .option("--key-file <file>", `file with the private key, in hex (default: the variable ${KEY_VARIABLE})`)
    .option("--json", "print one JSON object per event instead of text", false);

const depositCommand = (): Command =>
  withConnection(new Command("deposit"))
    .description("Bring ether, or a token of L1, to L2.")
    .argument("<amount>", "how much, in ether or whole tokens")
    .option("--token <address>", "token on L1; its representation on L2 is created when there is none")
    .option("--to <address>", "recipient on L2 (default: the sender)")
    .action(async (amount: string, flags: Flags) => {
      const bridge = await connect(flags);
      const to = recipient(flags, bridge);
      const onStage = (stage: string): void => report(flags, { event: "stage", stage }, `${stage}…`);
      const token = flags.token === undefined ? undefined : address("--token", flags.token);
      const pair = token && { l1: token, l2: await l2TokenOf(bridge, token) };
      const deposited = pair
        ? await depositToken(bridge, pair, to, units(amount, await decimalsOf(bridge.l1, pair.l1)), onStage)
        : await depositEther(bridge, to, units(amount, ETHER_DECIMALS), onStage);
      const place = pair ? ` as token ${pair.l2}` : "";
      const text = `${green("Deposited.")} ${bold(amount)} arrived at ${to}${place} in L2 transaction ${deposited.l2Transaction}`;
      report(flags, { event: "deposited", ...deposited, ...(pair && { l2Token: pair.l2 }) }, text);
    });

const withdrawCommand = (): Command =>
  withConnection(new Command("withdraw"))
    .description(
      "Bring ether, or a token of L2, back to L1: burn, prove, wait, finalize. May be interrupted and resumed.",
    )
    .argument("[amount]", "how much, in ether or whole tokens")
    .option("--token <address>", "token on L2 that stands for one of L1")
    .option("--to <address>", "recipient on L1 (default: the sender)")
    .option("--resume <hash>", "go on with the withdrawal of that L2 transaction")
    .action(async (amount: string | undefined, flags: Flags) => {
      const bridge = await connect(flags);
      const hash = flags.resume === undefined ? await burn(bridge, flags, amount) : transactionHash(flags.resume);
      const receipt = await bridge.l2.getTransactionReceipt({ hash });
      report(flags, { event: "initiated", l2Transaction: hash }, `Withdrawn on L2 in ${hash} ${dim(RESUME(hash))}`);
      await completeWithdrawal(bridge, receipt, (status) => report(flags, { event: "status", status }, status));
      report(flags, { event: "withdrawn" }, `${green("Withdrawn.")}`);
    });

const RESUME = (hash: Hex): string => `(interrupted? --resume ${hash})`;

const burn = async (bridge: Bridge, flags: Flags, amount: string | undefined): Promise<Hex> => {
  if (amount === undefined) throw new Error("How much? Name an amount, or a withdrawal with --resume.");
  const to = recipient(flags, bridge);
  if (flags.token === undefined) {
    return (await withdrawEther(bridge, to, units(amount, ETHER_DECIMALS))).transactionHash;
  }
  const token = address("--token", flags.token);
  const value = units(amount, await decimalsOf(bridge.l2, token));
  return (await withdrawToken(bridge, token, to, value)).transactionHash;
};

const statusCommand = (): Command =>
  withConnection(new Command("status"))
    .description("Show balances on both layers, or how far a withdrawal has come.")
    .argument("[transaction]", "hash of the withdrawal's L2 transaction")
    .action(async (transaction: string | undefined, flags: Flags) => {
      const bridge = await connect(flags);
      if (transaction === undefined) return showBalances(bridge, flags);
      const receipt = await bridge.l2.getTransactionReceipt({ hash: transactionHash(transaction) });
      const status = await withdrawalStatus(bridge, receipt);
      report(flags, { event: "status", status }, status);
    });

const showBalances = async ({ account, l1, l2 }: Bridge, flags: Flags): Promise<void> => {
  const [onL1, onL2] = await Promise.all([l1, l2].map((client) => client.getBalance({ address: account.address })));
  const text = `${account.address}\n  L1  ${ether(onL1!)} ETH\n  L2  ${ether(onL2!)} ETH`;
  report(flags, { event: "balances", address: account.address, l1: `${onL1}`, l2: `${onL2}` }, text);
};

const ether = (wei: bigint): string => formatUnits(wei, ETHER_DECIMALS);

const connect = async (flags: Flags): Promise<Bridge> => {
  const hasKey = flags.keyFile !== undefined || process.env[KEY_VARIABLE] !== undefined;
  const bridge = await connectBridge({
    l2Url: flags.rpcUrl,
    l1Url: flags.l1RpcUrl,
    account: hasKey ? readPrivateKey({ file: flags.keyFile, variable: KEY_VARIABLE }) : undefined,
    devAccount: mnemonicToAccount(DEV_MNEMONIC),
  });
  if (bridge) return bridge;
  throw new Error(`The chain at ${flags.rpcUrl} has no L1: there is nothing to bridge to. Start it without --no-l1.`);
};

const report = ({ json }: Flags, event: object, text: string): void =>
  json ? printEvent(event) : void process.stdout.write(`${text}\n`);

const recipient = ({ to }: Flags, { account }: Bridge): Address =>
  to === undefined ? account.address : address("--to", to);

const address = (flag: string, text: string): Address => {
  if (isAddress(text, { strict: false })) return getAddress(text);
  throw new Error(`${flag}: ${text} is no address.`);
};

const transactionHash = (text: string): Hex => {
  if (isHex(text) && text.length === 66) return text;
  throw new Error(`${text} is no transaction hash.`);
};

const units = (text: string, decimals: number): bigint => {
  const value = /^\d+(\.\d+)?$/.test(text) ? parseUnits(text, decimals) : 0n;
  if (value > 0n) return value;
  throw new Error(`${text} is no amount above zero.`);
};
