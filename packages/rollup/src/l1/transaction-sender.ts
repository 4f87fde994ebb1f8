import {
  type Account,
  type Address,
  BaseError,
  bytesToHex,
  type Chain,
  createWalletClient,
  type Hex,
  http,
  InsufficientFundsError,
  type PublicClient,
  type TransactionReceipt,
  type Transport,
  type WalletClient,
} from "viem";
import { encodeBlob } from "../formats/blob.ts";
import { L1Error } from "./errors.ts";
import { blobProver } from "./kzg.ts";

export interface SenderOptions {
  readonly account: Account;
  readonly url: string;
  readonly chainId: number;
  /** Milliseconds after which a transaction that is not in a block is replaced by one that pays more. */
  readonly patience: number;
  /** Most wei per gas that is ever offered. */
  readonly maxFeePerGas: bigint;
}

/** What is sent: calldata with wei, or data in blobs, each with one piece. */
export type L1Request =
  | { readonly to: Address; readonly data: Uint8Array; readonly value?: bigint }
  | { readonly to: Address; readonly blobs: readonly Uint8Array[] };

/** What a transaction offers: wei per gas, and per blob gas. */
interface Offer {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly maxFeePerBlobGas: bigint;
}

const POLL = 250;
/** An L1 node proves every blob before it answers. */
const TIMEOUT = 60_000;
const LEAST_TIP = 1_000_000_000n;

/**
 * Sends one transaction after the other and waits for each, so that they appear in order. Who is stuck is replaced at the
 * same nonce for twice the price, which is what pools ask for blobs.
 */
export class TransactionSender {
  readonly #options: SenderOptions;
  readonly #l1: PublicClient;
  readonly #wallet: WalletClient<Transport, Chain, Account>;

  constructor(l1: PublicClient, options: SenderOptions) {
    const currency = { name: "Ether", symbol: "ETH", decimals: 18 };
    const rpcUrls = { default: { http: [options.url] } };
    const chain = { id: options.chainId, name: "L1", nativeCurrency: currency, rpcUrls };
    this.#options = options;
    this.#l1 = l1;
    this.#wallet = createWalletClient({
      account: options.account,
      chain,
      transport: http(options.url, { timeout: TIMEOUT }),
    });
  }

  get address(): Address {
    return this.#options.account.address;
  }

  /** Whether a transaction of this account waits for a block, perhaps from before a restart. */
  async hasPending(): Promise<boolean> {
    const { address } = this;
    const [mined, known] = await Promise.all([
      this.#l1.getTransactionCount({ address }),
      this.#l1.getTransactionCount({ address, blockTag: "pending" }),
    ]);
    return known > mined;
  }

  /** @throws L1Error L1_FUNDS when the account is too poor, L1_REFUSED when L1 does not take it for at most the maximum price */
  async send(request: L1Request): Promise<TransactionReceipt> {
    const nonce = await this.#l1.getTransactionCount({ address: this.address });
    const hashes: Hex[] = [];
    for (let offer = await this.#offer(); ; offer = doubled(offer)) {
      if (offer.maxFeePerGas > this.#options.maxFeePerGas) {
        throw new L1Error("L1_REFUSED", `a transaction is stuck at ${offer.maxFeePerGas / 2n} wei per gas`);
      }
      hashes.push(await this.#submit(request, nonce, offer));
      const receipt = await this.#mined(hashes);
      if (receipt) return receipt;
    }
  }

  async #submit(request: L1Request, nonce: number, offer: Offer): Promise<Hex> {
    const { maxFeePerGas, maxPriorityFeePerGas, maxFeePerBlobGas } = offer;
    const fees = { to: request.to, nonce, maxFeePerGas, maxPriorityFeePerGas };
    try {
      if ("data" in request) {
        const { data, value = 0n } = request;
        return await this.#wallet.sendTransaction({ ...fees, data: bytesToHex(data), value });
      }
      const blobs = request.blobs.map(encodeBlob);
      return await this.#wallet.sendTransaction({
        ...fees,
        blobs,
        kzg: blobProver(),
        maxFeePerBlobGas,
        type: "eip4844",
      });
    } catch (cause) {
      throw this.#refusal(cause);
    }
  }

  #refusal(cause: unknown): L1Error {
    const isPoor = cause instanceof BaseError && cause.walk((error) => error instanceof InsufficientFundsError);
    if (isPoor) return new L1Error("L1_FUNDS", `${this.address} has too little ether`, { cause });
    return new L1Error("L1_REFUSED", "a transaction was not accepted", { cause });
  }

  async #mined(hashes: readonly Hex[]): Promise<TransactionReceipt | undefined> {
    for (let waited = 0; waited < this.#options.patience; waited += POLL) {
      for (const hash of hashes) {
        const receipt = await this.#l1.getTransactionReceipt({ hash }).catch(() => undefined);
        if (receipt) return receipt;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
    return undefined;
  }

  async #offer(): Promise<Offer> {
    const [block, blobFee] = await Promise.all([this.#l1.getBlock(), this.#l1.getBlobBaseFee().catch(() => 1n)]);
    const maxFeePerGas = 2n * (block.baseFeePerGas ?? 0n) + LEAST_TIP;
    return { maxFeePerGas, maxPriorityFeePerGas: LEAST_TIP, maxFeePerBlobGas: 2n * blobFee };
  }
}

const doubled = (offer: Offer): Offer => ({
  maxFeePerGas: 2n * offer.maxFeePerGas,
  maxPriorityFeePerGas: 2n * offer.maxPriorityFeePerGas,
  maxFeePerBlobGas: 2n * offer.maxFeePerBlobGas,
});
