import {
  type Account,
  type Address,
  type BaseError,
  bytesToHex,
  type Chain,
  createWalletClient,
  type Hex,
  http,
  type PublicClient,
  type TransactionReceipt,
  type Transport,
  type WalletClient,
} from "viem";
import { type BlobSidecar, blobSidecar, type SidecarProofs } from "./blob-sidecar.ts";
import { L1Error } from "./errors.ts";

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
/** A blob transaction runs no code. */
const BLOB_TRANSACTION_GAS = 21_000n;
/** Refusals that no other kind of proof would change. */
const NOT_ABOUT_PROOFS = /insufficient|underpriced|nonce|already known|fee|replacement/i;

/**
 * Sends one transaction after the other and waits for each, so that they appear in order. Who is stuck is replaced at the
 * same nonce for twice the price, which is what pools ask for blobs.
 */
export class TransactionSender {
  readonly #options: SenderOptions;
  readonly #l1: PublicClient;
  readonly #wallet: WalletClient<Transport, Chain, Account>;
  /** The kind of proofs that L1 took last. */
  #proofs: SidecarProofs = "blob";

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

  /** @throws L1Error when L1 refuses it, or it would have to pay more than the maximum */
  async send(request: L1Request): Promise<TransactionReceipt> {
    const nonce = await this.#l1.getTransactionCount({ address: this.address });
    const hashes: Hex[] = [];
    const sidecar = "blobs" in request ? blobSidecar(request.blobs) : undefined;
    for (let offer = await this.#offer(); ; offer = doubled(offer)) {
      if (offer.maxFeePerGas > this.#options.maxFeePerGas) {
        throw new L1Error("L1_REFUSED", `a transaction is stuck at ${offer.maxFeePerGas / 2n} wei per gas`);
      }
      hashes.push(await this.#submit(request, nonce, offer, sidecar));
      const receipt = await this.#mined(hashes);
      if (receipt) return receipt;
    }
  }

  async #submit(request: L1Request, nonce: number, offer: Offer, sidecar?: BlobSidecar): Promise<Hex> {
    const { maxFeePerGas, maxPriorityFeePerGas } = offer;
    const fees = { to: request.to, nonce, maxFeePerGas, maxPriorityFeePerGas };
    try {
      if ("data" in request) {
        const { data, value = 0n } = request;
        return await this.#wallet.sendTransaction({ ...fees, data: bytesToHex(data), value });
      }
      const fields = { ...offer, to: request.to, nonce, gas: BLOB_TRANSACTION_GAS } as const;
      const blobVersionedHashes = sidecar!.versionedHashes;
      const signed = await this.#wallet.signTransaction({
        ...fields,
        type: "eip4844",
        blobVersionedHashes,
      });
      return await this.#sendBlobs(signed, sidecar!);
    } catch (cause) {
      throw new L1Error("L1_REFUSED", "a transaction was not accepted", { cause });
    }
  }

  /** L1s from Osaka on want proofs of cells. Which kind this one takes shows when it refuses the other. */
  async #sendBlobs(signed: Hex, sidecar: BlobSidecar): Promise<Hex> {
    const send = async (proofs: SidecarProofs): Promise<Hex> => {
      const serializedTransaction = await sidecar.attachTo(signed, proofs);
      return this.#wallet.sendRawTransaction({ serializedTransaction: serializedTransaction as `0x03${string}` });
    };
    try {
      return await send(this.#proofs);
    } catch (refusal) {
      if (NOT_ABOUT_PROOFS.test((refusal as BaseError).details ?? "")) throw refusal;
      const other = this.#proofs === "blob" ? "cells" : "blob";
      const hash = await send(other).catch(() => {
        throw refusal;
      });
      this.#proofs = other;
      return hash;
    }
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
