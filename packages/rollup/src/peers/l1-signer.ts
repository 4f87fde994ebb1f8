import { type Address, type PublicClient, parseAbi } from "viem";
import { L1Error } from "../l1/errors.ts";

/** Whose signature makes an unsafe block believable. */
export interface SignerSource {
  /** In lower case. @throws L1Error while it has never been read */
  current(): Promise<Address>;
  /** As `current`, but as L1 says now. */
  renewed(): Promise<Address>;
}

const SYSTEM_CONFIG = parseAbi(["function unsafeBlockSigner() view returns (address)"]);
/** Milliseconds: about an L1 block. */
const MAX_AGE = 12_000;
/** Forged blocks must not make this node ask L1 for each of them. */
const MIN_AGE = 1_000;

/** `unsafeBlockSigner` of the chain's SystemConfig, followed as it changes. While L1 does not answer, what it said last holds. */
export class L1Signer implements SignerSource {
  readonly #client: PublicClient;
  readonly #contract: Address;
  #known: { readonly signer: Address; readonly at: number } | undefined;

  constructor(client: PublicClient, systemConfig: Address) {
    this.#client = client;
    this.#contract = systemConfig;
  }

  current(): Promise<Address> {
    return this.#notOlderThan(MAX_AGE);
  }

  renewed(): Promise<Address> {
    return this.#notOlderThan(MIN_AGE);
  }

  async #notOlderThan(age: number): Promise<Address> {
    const known = this.#known;
    if (known && performance.now() - known.at < age) return known.signer;
    try {
      const call = { address: this.#contract, abi: SYSTEM_CONFIG, functionName: "unsafeBlockSigner" } as const;
      const signer = (await this.#client.readContract(call)).toLowerCase() as Address;
      this.#known = { signer, at: performance.now() };
      return signer;
    } catch (cause) {
      if (known) return known.signer;
      throw new L1Error("L1_UNREACHABLE", "the signer of unsafe blocks cannot be read", { cause });
    }
  }
}
