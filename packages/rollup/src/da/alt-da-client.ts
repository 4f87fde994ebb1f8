import { bytesToHex, type Hex } from "viem";
import { FormatError } from "../formats/errors.ts";
import {
  type Commitment,
  type CommitmentKind,
  decodeCommitment,
  encodeCommitment,
  keccakCommitment,
} from "./commitment.ts";
import { AltDaError } from "./errors.ts";
import { readLimited } from "./read-limited.ts";

export interface AltDaOptions {
  /** Servers in order of preference: the next one is asked when one fails or lies. */
  readonly urls: readonly string[];
  readonly kind: CommitmentKind;
  /** Milliseconds for one request. */
  readonly timeout?: number;
  /** Most bytes that a server's answer may have. */
  readonly maxBytes?: number;
}

const TIMEOUT = 30_000;
/** What EigenDA takes at most. */
const MAX_BYTES = 16 * 1024 * 1024;
/** A commitment goes into a transaction. */
const MAX_COMMITMENT = 65_536;
const STATUS_CODES: Readonly<Record<number, AltDaError["code"]>> = { 404: "NOT_FOUND", 503: "UNAVAILABLE" };

/** Where payloads are kept outside of L1. */
export interface AltDa {
  readonly kind: CommitmentKind;
  /** @throws AltDaError */
  put(payload: Uint8Array): Promise<Commitment>;
  /** @throws AltDaError */
  get(commitment: Commitment): Promise<Uint8Array>;
}

/**
 * Client of an alt-DA server as the OP Stack has it, which EigenDA's proxy speaks as well. Keccak commitments are checked;
 * what a generic one stands for only its server knows.
 */
export class AltDaClient implements AltDa {
  readonly kind: CommitmentKind;
  readonly #urls: readonly string[];
  readonly #timeout: number;
  readonly #maxBytes: number;

  constructor({ urls, kind, timeout = TIMEOUT, maxBytes = MAX_BYTES }: AltDaOptions) {
    this.kind = kind;
    this.#urls = urls.map((url) => url.replace(/\/$/, ""));
    this.#timeout = timeout;
    this.#maxBytes = maxBytes;
  }

  async put(payload: Uint8Array): Promise<Commitment> {
    if (payload.length > this.#maxBytes) throw new AltDaError("OVERSIZE", `a payload of ${payload.length} bytes`);
    return this.#any((url) => this.#put(url, payload));
  }

  async get(commitment: Commitment): Promise<Uint8Array> {
    return this.#any((url) => this.#get(url, commitment));
  }

  async #put(url: string, payload: Uint8Array): Promise<Commitment> {
    const body = new Blob([payload.slice()]);
    if (this.kind === "keccak") {
      const commitment = keccakCommitment(payload);
      await this.#ask(`${url}/put/${keyOf(commitment)}`, MAX_COMMITMENT, body);
      return commitment;
    }
    return genericCommitment(await this.#ask(`${url}/put`, MAX_COMMITMENT, body));
  }

  async #get(url: string, commitment: Commitment): Promise<Uint8Array> {
    const payload = await this.#ask(`${url}/get/${keyOf(commitment)}`, this.#maxBytes);
    if (commitment.kind === "keccak" && keyOf(keccakCommitment(payload)) !== keyOf(commitment)) {
      throw new AltDaError("MISMATCH", `${url} answers ${commitment.hash} with other data`);
    }
    return payload;
  }

  /** The first answer that is good; else the first server's error, as the one that is to be looked at. */
  async #any<T>(ask: (url: string) => Promise<T>): Promise<T> {
    let first: unknown;
    for (const url of this.#urls) {
      try {
        return await ask(url);
      } catch (error) {
        first ??= error;
      }
    }
    throw first ?? new AltDaError("UNREACHABLE", "no server is configured");
  }

  async #ask(url: string, limit: number, body?: Blob): Promise<Uint8Array> {
    const headers = { "content-type": "application/octet-stream" };
    const signal = AbortSignal.timeout(this.#timeout);
    try {
      const response = await fetch(url, { signal, redirect: "error", ...(body && { method: "POST", headers, body }) });
      if (!response.ok)
        throw new AltDaError(codeOf(response.status), `${url.slice(0, 100)} answers ${response.status}`);
      return await readLimited(response, limit, signal);
    } catch (cause) {
      if (cause instanceof AltDaError) throw cause;
      throw new AltDaError("UNREACHABLE", `${url.slice(0, 100)} does not answer`, { cause });
    }
  }
}

const keyOf = (commitment: Commitment): Hex => bytesToHex(encodeCommitment(commitment));

const codeOf = (status: number): AltDaError["code"] =>
  STATUS_CODES[status] ?? (status >= 500 ? "UNREACHABLE" : "REFUSED");

const genericCommitment = (bytes: Uint8Array): Commitment => {
  try {
    const commitment = decodeCommitment(bytes);
    if (commitment.kind === "generic") return commitment;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  throw new AltDaError("MISMATCH", "the server answers with no generic commitment");
};
