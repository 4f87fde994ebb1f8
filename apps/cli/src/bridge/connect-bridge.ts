import {
  type Account,
  type Address,
  BaseError,
  type Chain,
  createPublicClient,
  createWalletClient,
  defineChain,
  type Hex,
  http,
  isAddress,
  type PublicClient,
  type TransactionReceipt,
  type Transport,
  type WalletClient,
  zeroAddress,
} from "viem";
import { z } from "zod";

const address = z
  .string()
  .refine((text) => isAddress(text, { strict: false }))
  .transform((text) => text as Address);
/** What `hyp_deployment` answers, as far as a bridge needs it. */
const deploymentAnswer = z.object({
  l1ChainId: z.int().min(1),
  l2ChainId: z.int().min(1),
  addresses: z.object({
    optimismPortal: address,
    disputeGameFactory: address,
    l1StandardBridge: address,
    multicall3: address,
  }),
  l1RpcUrl: z.string().optional(),
});

type ContractOn = { [sourceId: number]: { address: Address } };

/** L2, as viem's op-stack actions want a chain described: with the contracts that it has on L1. */
export type TargetChain = Chain & {
  contracts: { portal: ContractOn; disputeGameFactory: ContractOn; l2OutputOracle: ContractOn };
};

const describeL2 = (
  id: number,
  url: string,
  sourceId: number,
  portal: Address,
  disputeGameFactory: Address,
): TargetChain =>
  defineChain({
    ...{ id, name: "Hyperion", nativeCurrency: ETHER, rpcUrls: { default: { http: [url] } }, sourceId },
    contracts: {
      portal: { [sourceId]: { address: portal } },
      disputeGameFactory: { [sourceId]: { address: disputeGameFactory } },
      // Older portals had it: some of viem's types ask for it still.
      l2OutputOracle: { [sourceId]: { address: zeroAddress } },
    },
  });

/** One account on both layers, and the contracts between them. */
export interface Bridge {
  readonly account: Account;
  readonly l1: PublicClient<Transport, Chain>;
  readonly l2: PublicClient<Transport, Chain>;
  readonly l1Wallet: WalletClient<Transport, Chain, Account>;
  readonly l2Wallet: WalletClient<Transport, Chain, Account>;
  readonly targetChain: TargetChain;
  readonly l1StandardBridge: Address;
}

export interface BridgeOptions {
  /** JSON-RPC endpoint of a node of the rollup. */
  readonly l2Url: string;
  /** Absent: a development chain tells its own. */
  readonly l1Url?: string | undefined;
  /** Absent: `devAccount`, on development chains only. */
  readonly account?: Account | undefined;
  readonly devAccount: Account;
}

const ETHER = { name: "Ether", symbol: "ETH", decimals: 18 } as const;
const POLLING = 250;

/** Asks a node which L1 contracts its chain has. `undefined`: it is no rollup. @throws Error when it does not answer */
export const connectBridge = async (options: BridgeOptions): Promise<Bridge | undefined> => {
  const { l2Url } = options;
  const answer = await createPublicClient({ transport: http(l2Url, { retryCount: 0 }) })
    .request({ method: "hyp_deployment" } as never)
    .catch((cause: unknown) => {
      const reason = cause instanceof BaseError ? (cause.details ?? cause.shortMessage) : String(cause);
      throw new Error(`No chain of Hyperion answers at ${l2Url} (${reason}).\nStart one first: npm start`, { cause });
    });
  if (answer === null) return undefined;
  const { l1ChainId, l2ChainId, addresses, l1RpcUrl } = deploymentAnswer.parse(answer);
  const l1Url = options.l1Url ?? l1RpcUrl;
  if (l1Url === undefined) throw new Error("Which L1? Name its JSON-RPC endpoint with --l1-rpc-url.");
  const account = options.account ?? (l1RpcUrl === undefined ? undefined : options.devAccount);
  if (!account) throw new Error("No private key. Set HYPERION_KEY to 32 bytes in hex, or name a file with --key-file.");
  const source = defineChain({
    ...{ id: l1ChainId, name: "L1", nativeCurrency: ETHER, rpcUrls: { default: { http: [l1Url] } } },
    contracts: { multicall3: { address: addresses.multicall3 } },
  });
  const targetChain = describeL2(l2ChainId, l2Url, l1ChainId, addresses.optimismPortal, addresses.disputeGameFactory);
  const client = (chain: Chain, url: string): PublicClient<Transport, Chain> =>
    createPublicClient({ chain, transport: http(url), pollingInterval: POLLING, cacheTime: 0 });
  return {
    ...{ account, targetChain, l1StandardBridge: addresses.l1StandardBridge },
    l1: client(source, l1Url),
    l2: client(targetChain, l2Url),
    l1Wallet: createWalletClient({ account, chain: source, transport: http(l1Url) }),
    l2Wallet: createWalletClient({ account, chain: targetChain, transport: http(l2Url) }),
  };
};

/** @throws Error when the transaction was reverted */
export const mined = async (client: PublicClient<Transport, Chain>, hash: Hex): Promise<TransactionReceipt> => {
  const receipt = await client.waitForTransactionReceipt({ hash });
  if (receipt.status === "success") return receipt;
  throw new Error(`The transaction ${hash} on ${client.chain.name} was reverted.`);
};
