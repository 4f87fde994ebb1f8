import {
  type Address,
  encodeFunctionData,
  type Hex,
  hexToBigInt,
  hexToBytes,
  numberToHex,
  type PublicClient,
  parseAbi,
} from "viem";
import { L1Error } from "../l1/errors.ts";
import type { TransactionSender } from "../l1/transaction-sender.ts";
import type { L2Source } from "../roles/l2-source.ts";

export interface ProposerOptions {
  readonly factory: Address;
  readonly gameType: number;
  /** L2 blocks between proposals. */
  readonly interval: bigint;
  /** `finalized`: propose nothing that an L1 reorg could undo. */
  readonly upTo: "safe" | "finalized";
}

/** A claim about the state of L2 after a block. */
export interface Proposal {
  readonly number: bigint;
  readonly outputRoot: Hex;
}

const FACTORY = parseAbi([
  "function gameCount() view returns (uint256)",
  "function initBonds(uint32 gameType) view returns (uint256)",
  "function findLatestGames(uint32 gameType, uint256 start, uint256 n) view returns ((uint256 index, bytes32 metadata, uint64 timestamp, bytes32 rootClaim, bytes extraData)[])",
  "function create(uint32 gameType, bytes32 rootClaim, bytes extraData) payable returns (address)",
]);

/** Proposes output roots to the dispute-game factory. What was proposed before is read from there, so a restart repeats nothing. */
export class Proposer {
  readonly #l2: L2Source;
  readonly #l1: PublicClient;
  readonly #sender: TransactionSender;
  readonly #options: ProposerOptions;

  constructor(l2: L2Source, l1: PublicClient, sender: TransactionSender, options: ProposerOptions) {
    this.#l2 = l2;
    this.#l1 = l1;
    this.#sender = sender;
    this.#options = options;
  }

  /**
   * Proposes the newest block when it is far enough from the last proposal.
   *
   * @returns what was proposed; `undefined` when nothing is due
   * @throws L1Error when L1 refuses the proposal
   */
  async propose(): Promise<Proposal | undefined> {
    const head = await (this.#options.upTo === "safe" ? this.#l2.safe() : this.#l2.finalized());
    if (head.number < (await this.#lastProposed()) + this.#options.interval) return undefined;
    const outputRoot = await this.#l2.outputRoot(head.number);
    if (!outputRoot) return undefined;
    await this.#create({ number: head.number, outputRoot });
    return { number: head.number, outputRoot };
  }

  async #create({ number, outputRoot }: Proposal): Promise<void> {
    const { factory, gameType } = this.#options;
    const contract = { address: factory, abi: FACTORY } as const;
    const value = await this.#l1.readContract({ ...contract, functionName: "initBonds", args: [gameType] });
    const args = [gameType, outputRoot, numberToHex(number, { size: 32 })] as const;
    const data = hexToBytes(encodeFunctionData({ abi: FACTORY, functionName: "create", args }));
    const { status, transactionHash } = await this.#sender.send({ to: factory, data, value });
    if (status !== "success") throw new L1Error("L1_REFUSED", `the proposal ${transactionHash} was reverted`);
  }

  /** L2 block of the newest proposal; 0 when there is none. */
  async #lastProposed(): Promise<bigint> {
    const { factory, gameType } = this.#options;
    const contract = { address: factory, abi: FACTORY } as const;
    const count = await this.#l1.readContract({ ...contract, functionName: "gameCount" });
    if (count === 0n) return 0n;
    const args = [gameType, count - 1n, 1n] as const;
    const [latest] = await this.#l1.readContract({ ...contract, functionName: "findLatestGames", args });
    return latest ? hexToBigInt(latest.extraData) : 0n;
  }
}
