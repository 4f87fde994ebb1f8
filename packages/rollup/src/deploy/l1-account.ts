import {
  type Account,
  type Address,
  BaseError,
  type Chain,
  createPublicClient,
  createWalletClient,
  defineChain,
  type Hex,
  InsufficientFundsError,
  type PublicClient,
  type Transport,
  type WalletClient,
} from "viem";
import { DeployError } from "./errors.ts";

/** A call or, without `to`, nothing else: contracts are created through the CREATE2 factory. */
export interface L1Call {
  readonly to: Address;
  readonly data: Hex;
  readonly value?: bigint;
}

/** One account on one L1. */
export interface L1Account {
  readonly address: Address;
  readonly chainId: number;
  readonly client: PublicClient<Transport, Chain>;
  /** Sends calls that do not need each other's effects, and waits until all are in blocks. @throws DeployError */
  send(calls: readonly L1Call[]): Promise<void>;
}

export interface L1AccountOptions {
  readonly account: Account;
  readonly transport: Transport;
  /** Blocks that a transaction needs to count, itself included. */
  readonly confirmations?: number;
}

const POLLING_MS = 200;

/** @throws DeployError when the endpoint does not answer */
export const connectL1Account = async (options: L1AccountOptions): Promise<L1Account> => {
  const { account, transport, confirmations = 1 } = options;
  const chainId = await createPublicClient({ transport })
    .getChainId()
    .catch((cause) => {
      throw new DeployError("L1_UNREACHABLE", `The L1 endpoint does not answer: ${messageOf(cause)}`, { cause });
    });
  const chain = defineChain({
    ...{ id: chainId, name: "L1", nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 } },
    rpcUrls: { default: { http: [] } },
  });
  const client = createPublicClient({ chain, transport, pollingInterval: POLLING_MS, cacheTime: 0 });
  const wallet = createWalletClient({ chain, transport, account });

  const send = async (calls: readonly L1Call[]): Promise<void> => {
    const hashes = await sendAll(client, wallet, account, calls);
    for (const hash of hashes) {
      const receipt = await client.waitForTransactionReceipt({ hash, confirmations });
      if (receipt.status !== "success") {
        throw new DeployError("TRANSACTION_REVERTED", `Transaction ${hash} reverted on L1.`);
      }
    }
  };
  return { address: account.address, chainId, client, send };
};

/** Nonces are given out here, so that transactions need not wait for each other. */
const sendAll = async (
  client: PublicClient<Transport, Chain>,
  wallet: WalletClient<Transport, Chain>,
  account: Account,
  calls: readonly L1Call[],
): Promise<readonly Hex[]> => {
  let nonce = await client.getTransactionCount({ address: account.address, blockTag: "pending" });
  const hashes: Hex[] = [];
  for (const call of calls) {
    try {
      hashes.push(await wallet.sendTransaction({ ...call, account, chain: wallet.chain, nonce: nonce++ }));
    } catch (cause) {
      throw sendingError(cause, account.address);
    }
  }
  return hashes;
};

const sendingError = (cause: unknown, address: Address): DeployError => {
  const poor = cause instanceof BaseError && cause.walk((error) => error instanceof InsufficientFundsError);
  if (poor) return new DeployError("INSUFFICIENT_FUNDS", `${address} has too little ether on L1.`, { cause });
  return new DeployError("TRANSACTION_REVERTED", `L1 refused a transaction: ${messageOf(cause)}`, { cause });
};

const messageOf = (error: unknown): string =>
  error instanceof BaseError ? error.shortMessage : error instanceof Error ? error.message : String(error);
