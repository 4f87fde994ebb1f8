import { contractArtifact } from "@hyperion/rollup";
import { encodeDeployData, encodeFunctionData, type Hex, type PublicClient, parseEther } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { eventually } from "./rollup-processes.ts";

const token = contractArtifact("test/Token");
const demo = contractArtifact("ai/IntentDemo");
const FEES = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n } as const;

type Request = { readonly to?: Hex; readonly data?: Hex; readonly value?: bigint; readonly gas: bigint };

/** Transfers, contracts, calls that revert, and prompts to the on-chain model, by one account; repeatable by its seed. */
export class RandomTraffic {
  readonly #account: PrivateKeyAccount;
  readonly #chainId: number;
  readonly #inference: boolean;
  #state: number;
  #nonce: number | undefined;
  #token: Hex | undefined;
  #demo: Hex | undefined;

  constructor(account: PrivateKeyAccount, chainId: number, seed: number, inference: boolean) {
    this.#account = account;
    this.#chainId = chainId;
    this.#state = seed | 1;
    this.#inference = inference;
  }

  /** Creates the contracts that the rest calls. */
  async prepare(client: PublicClient): Promise<void> {
    const supply = parseEther("1000000");
    const create = encodeDeployData({ ...token, args: ["Test", "TST", supply] });
    this.#token = await this.#create(client, create, 3_000_000n);
    if (this.#inference) this.#demo = await this.#create(client, encodeDeployData(demo), 8_000_000n);
  }

  /** Sends a few transactions. Returns their hashes. */
  async send(client: PublicClient): Promise<readonly Hex[]> {
    const hashes: Hex[] = [];
    for (let count = this.#below(4); count > 0; count--) hashes.push(await this.#submit(client, this.#request()));
    return hashes;
  }

  /** After a sequencer lost what it had not written yet. */
  forgetNonce(): void {
    this.#nonce = undefined;
  }

  #request(): Request {
    const someone: Hex = `0x${this.#below(50).toString(16).padStart(40, "c")}`;
    const call = (functionName: string, args: readonly unknown[]): Hex =>
      encodeFunctionData({ abi: token.abi, functionName, args });
    const kinds: (() => Request)[] = [
      () => ({ to: someone, value: BigInt(this.#below(1_000)), gas: 21_000n }),
      () => ({ to: this.#token!, data: call("transfer", [someone, BigInt(this.#below(1_000))]), gas: 100_000n }),
      () => ({ to: this.#token!, data: call("transferFrom", [someone, someone, 1n]), gas: 100_000n }),
      () => ({
        data: `0x60006000f3${this.#below(2 ** 24)
          .toString(16)
          .padStart(6, "0")}`,
        gas: 100_000n,
      }),
    ];
    if (this.#demo && this.#below(8) === 0) {
      const data = encodeFunctionData({ abi: demo.abi, functionName: "ask", args: [`lend ${this.#below(9) + 1} ETH`] });
      return { to: this.#demo, data, gas: 5_000_000n };
    }
    return kinds[this.#below(kinds.length)]!();
  }

  async #create(client: PublicClient, data: Hex, gas: bigint): Promise<Hex> {
    const hash = await this.#submit(client, { data, gas });
    const receipt = await client.waitForTransactionReceipt({ hash, timeout: 120_000 });
    return receipt.contractAddress!;
  }

  async #submit(client: PublicClient, request: Request): Promise<Hex> {
    const { address } = this.#account;
    this.#nonce ??= await client.getTransactionCount({ address, blockTag: "pending" });
    const fields = { type: "eip1559", chainId: this.#chainId, nonce: this.#nonce, ...FEES } as const;
    const serializedTransaction = await this.#account.signTransaction({ ...fields, ...request });
    const hash = await client.sendRawTransaction({ serializedTransaction });
    this.#nonce++;
    return hash;
  }

  /** xorshift32. */
  #below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }
}

/** Waits until the chain has taken everything. */
export const settled = (client: PublicClient, hashes: readonly Hex[]): Promise<void> =>
  eventually(async () => {
    const last = hashes.at(-1);
    return last === undefined || (await client.getTransactionReceipt({ hash: last })).blockNumber > 0n;
  });
