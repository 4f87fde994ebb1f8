import {
  type Account,
  type Address,
  BaseError,
  bytesToHex,
  type Chain,
  createWalletClient,
  custom,
  type Hex,
  HttpRequestError,
  InsufficientFundsError,
  keccak256,
  type PublicClient,
  TimeoutError,
  type TransactionReceipt,
  type Transport,
  type WalletClient,
} from "viem";
import { type BlobSidecar, blobSidecar, type SidecarProofs } from "./blob-sidecar.ts";
import { L1Error } from "./errors.ts";

export interface SenderOptions {
  readonly account: Account;
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

/** A request at its nonce, and every transaction that carried it. */
interface Attempt {
  readonly request: L1Request;
  readonly nonce: number;
  readonly sidecar: BlobSidecar | undefined;
  readonly hashes: Hex[];
}

const POLL = 250;
const LEAST_TIP = 1_000_000_000n;
/** A blob transaction runs no code. */
const BLOB_TRANSACTION_GAS = 21_000n;
/** Refusals that no other kind of proof would change. */
const NOT_ABOUT_PROOFS = /insufficient|underpriced|nonce|already|fee|replacement/i;
/** Milliseconds until a nonce that is spent, by a transaction that nobody here sent, is believed. */
const LOST_AFTER = 5_000;

/**
 * Sends transactions of one account at consecutive nonces, so that they appear in the order given. Who is stuck is replaced
 * at the same nonce for twice the price, which is what pools ask for blobs; so is what an earlier process left stuck.
 */
export class TransactionSender {
  readonly #options: SenderOptions;
  readonly #l1: PublicClient;
  readonly #wallet: WalletClient<Transport, Chain, Account>;
  /** The kind of proofs that L1 took last. */
  #proofs: SidecarProofs = "blob";
  /** Since when a transaction from before this process is known to wait. */
  #pendingSince: number | undefined;

  constructor(l1: PublicClient, options: SenderOptions) {
    const currency = { name: "Ether", symbol: "ETH", decimals: 18 };
    const chain = { id: options.chainId, name: "L1", nativeCurrency: currency, rpcUrls: { default: { http: [] } } };
    this.#options = options;
    this.#l1 = l1;
    this.#wallet = createWalletClient({ account: options.account, chain, transport: custom(l1, { retryCount: 0 }) });
  }

  get address(): Address {
    return this.#options.account.address;
  }

  /**
   * Whether a transaction of this account waits for a block, perhaps from before a restart. One that waits for longer than
   * the patience does not count: it is stuck, and what is sent next takes its place.
   */
  async hasPending(): Promise<boolean> {
    const { address } = this;
    const [mined, known] = await Promise.all([
      this.#l1.getTransactionCount({ address }),
      this.#l1.getTransactionCount({ address, blockTag: "pending" }),
    ]);
    if (known <= mined) {
      this.#pendingSince = undefined;
      return false;
    }
    this.#pendingSince ??= performance.now();
    return performance.now() - this.#pendingSince < this.#options.patience;
  }

  /** `sendAll` for one. */
  async send(request: L1Request): Promise<TransactionReceipt> {
    const [receipt] = await this.sendAll([request]);
    return receipt!;
  }

  /**
   * Sends all, waits for all. After an error some of them may still get into blocks.
   *
   * @throws L1Error L1_FUNDS when the account is too poor, L1_REFUSED when L1 does not take one for at most the maximum
   *   price, or another process spends the account's nonces, L1_RESERVED when only the other kind of data can replace what
   *   is stuck
   */
  async sendAll(requests: readonly L1Request[]): Promise<readonly TransactionReceipt[]> {
    const nonce = await this.#l1.getTransactionCount({ address: this.address });
    const sent: { readonly attempt: Attempt; readonly offer: Offer }[] = [];
    for (const [index, request] of requests.entries()) {
      const sidecar = "blobs" in request ? blobSidecar(request.blobs) : undefined;
      const attempt = { request, nonce: nonce + index, sidecar, hashes: [] };
      sent.push({ attempt, offer: await this.#submit(attempt, await this.#offer()) });
    }
    const receipts: TransactionReceipt[] = [];
    for (const { attempt, offer } of sent) receipts.push(await this.#settle(attempt, offer));
    return receipts;
  }

  /** Waits until one of the attempt's transactions is in a block. */
  async #settle(attempt: Attempt, first: Offer): Promise<TransactionReceipt> {
    for (let offer = first; ; ) {
      const receipt = await this.#mined(attempt);
      if (receipt) return receipt;
      offer = await this.#submit(attempt, doubled(offer));
    }
  }

  /** Offers more until the pool takes it, since a stuck transaction may be in its place. Returns what it took. */
  async #submit(attempt: Attempt, first: Offer): Promise<Offer> {
    for (let offer = first; ; offer = doubled(offer)) {
      if (offer.maxFeePerGas > this.#options.maxFeePerGas) {
        throw new L1Error("L1_REFUSED", `a transaction is stuck at ${offer.maxFeePerGas / 2n} wei per gas`);
      }
      try {
        attempt.hashes.push(await this.#send(attempt, offer));
        return offer;
      } catch (cause) {
        if (!isUnderpriced(cause)) throw this.#refusal(cause);
      }
    }
  }

  async #send({ request, nonce, sidecar }: Attempt, offer: Offer): Promise<Hex> {
    if ("data" in request) return this.#sendData(request, nonce, offer);
    const fields = { ...offer, to: request.to, nonce, gas: BLOB_TRANSACTION_GAS } as const;
    const blobVersionedHashes = sidecar!.versionedHashes;
    const signed = await this.#wallet.signTransaction({ ...fields, type: "eip4844", blobVersionedHashes });
    await this.#sendBlobs(signed, sidecar!);
    return keccak256(signed);
  }

  async #sendData(
    { to, data, value = 0n }: Extract<L1Request, { readonly data: Uint8Array }>,
    nonce: number,
    { maxFeePerGas, maxPriorityFeePerGas }: Offer,
  ): Promise<Hex> {
    const call = { to, data: bytesToHex(data), value };
    const gas = await this.#l1.estimateGas({ ...call, account: this.address });
    const fees = { maxFeePerGas, maxPriorityFeePerGas };
    const signed = await this.#wallet.signTransaction({ ...call, ...fees, nonce, gas, type: "eip1559" });
    await this.#broadcast(signed);
    return keccak256(signed);
  }

  /** L1s from Osaka on want proofs of cells. Which kind this one takes shows when it refuses the other. */
  async #sendBlobs(signed: Hex, sidecar: BlobSidecar): Promise<void> {
    const send = async (proofs: SidecarProofs): Promise<void> =>
      this.#broadcast(await sidecar.attachTo(signed, proofs));
    try {
      await send(this.#proofs);
    } catch (refusal) {
      if (NOT_ABOUT_PROOFS.test((refusal as BaseError).details ?? "")) throw refusal;
      const other = this.#proofs === "blob" ? "cells" : "blob";
      await send(other).catch(() => {
        throw refusal;
      });
      this.#proofs = other;
    }
  }

  /** An answer may be lost, and the same bytes be sent again. */
  async #broadcast(serialized: Hex): Promise<void> {
    try {
      await this.#wallet.sendRawTransaction({ serializedTransaction: serialized as `0x02${string}` });
    } catch (error) {
      if (!/already (known|imported)/i.test(detailsOf(error))) throw error;
    }
  }

  /** Without its cause, which repeats the request: hundreds of kilobytes where there are blobs. */
  #refusal(error: unknown): L1Error {
    const isPoor = error instanceof BaseError && error.walk(isAboutFunds) !== null;
    if (isPoor) return new L1Error("L1_FUNDS", `${this.address} has too little ether`);
    const isSilent = error instanceof BaseError && error.walk(isAboutTransport) !== null;
    if (isSilent) return new L1Error("L1_UNREACHABLE", `sending a transaction failed: ${detailsOf(error)}`);
    const code = /already reserved/i.test(detailsOf(error)) ? "L1_RESERVED" : "L1_REFUSED";
    return new L1Error(code, `a transaction was not accepted: ${detailsOf(error)}`);
  }

  async #mined({ nonce, hashes }: Attempt): Promise<TransactionReceipt | undefined> {
    let spent = 0;
    for (let waited = 0; waited < this.#options.patience; waited += POLL) {
      const count = await this.#l1.getTransactionCount({ address: this.address }).catch(() => 0);
      for (const hash of hashes) {
        const receipt = await this.#l1.getTransactionReceipt({ hash }).catch(() => undefined);
        if (receipt) return receipt;
      }
      spent = count > nonce ? spent + POLL : 0;
      if (spent > LOST_AFTER) throw new L1Error("L1_REFUSED", `another transaction of ${this.address} took its nonce`);
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

/** The node's own words, which stand at the bottom of what the client wraps around them. */
const detailsOf = (error: unknown): string =>
  error instanceof BaseError ? error.details || error.shortMessage : (error as Error).message;

const isAboutTransport = (error: unknown): boolean =>
  error instanceof HttpRequestError || error instanceof TimeoutError;

/** Signed transactions are refused in the node's own words. */
const isAboutFunds = (error: unknown): boolean =>
  error instanceof InsufficientFundsError || /insufficient funds/i.test((error as BaseError).details ?? "");

const isUnderpriced = (error: unknown): boolean => /underpriced|less than block base fee/i.test(detailsOf(error));

const doubled = (offer: Offer): Offer => ({
  maxFeePerGas: 2n * offer.maxFeePerGas,
  maxPriorityFeePerGas: 2n * offer.maxPriorityFeePerGas,
  maxFeePerBlobGas: 2n * offer.maxFeePerBlobGas,
});
