import { type Address, encodeFunctionData, getAddress, type Hex, hexToBytes, type PublicClient, parseAbi } from "viem";
import { L1Error } from "../l1/errors.ts";
import type { TransactionSender } from "../l1/transaction-sender.ts";

export interface GameKeeperOptions {
  readonly factory: Address;
  readonly gameType: number;
}

const FACTORY = parseAbi([
  "function gameCount() view returns (uint256)",
  "function gameAtIndex(uint256 index) view returns (uint32 gameType, uint64 timestamp, address proxy)",
]);
const GAME = parseAbi([
  "function status() view returns (uint8)",
  "function createdAt() view returns (uint64)",
  "function maxClockDuration() view returns (uint64)",
  "function gameCreator() view returns (address)",
  "function anchorStateRegistry() view returns (address)",
  "function credit(address recipient) view returns (uint256)",
  "function resolve() returns (uint8)",
  "function claimCredit(address recipient)",
]);
const REGISTRY = parseAbi(["function isGameFinalized(address game) view returns (bool)"]);
const IN_PROGRESS = 0;
/** Games looked at after a start, newest first: older ones were settled by an earlier run. */
const LOOK_BACK = 200n;

/** Ends the proposer's games when their clocks have run out, and gets the bonds back. L1 is its only memory. */
export class GameKeeper {
  readonly #l1: PublicClient;
  readonly #sender: TransactionSender;
  readonly #options: GameKeeperOptions;
  readonly #open = new Set<Address>();
  #seen: bigint | undefined;

  constructor(l1: PublicClient, sender: TransactionSender, options: GameKeeperOptions) {
    this.#l1 = l1;
    this.#sender = sender;
    this.#options = options;
  }

  /**
   * @returns how many transactions it sent
   * @throws L1Error
   */
  async settle(): Promise<number> {
    await this.#discover();
    const { timestamp } = await this.#l1.getBlock();
    let sent = 0;
    for (const game of [...this.#open]) {
      const call = await this.#due(game, timestamp).catch((error: unknown) => {
        this.#forget();
        throw error;
      });
      if (call === "done") this.#open.delete(game);
      if (call === "done" || call === "wait") continue;
      const { status, transactionHash } = await this.#sender.send({ to: game, data: hexToBytes(call) });
      if (status !== "success") throw new L1Error("L1_REFUSED", `settling a game was reverted: ${transactionHash}`);
      sent++;
    }
    return sent;
  }

  /** An L1 reorg may have undone games: they are looked for again. */
  #forget(): void {
    this.#open.clear();
    this.#seen = undefined;
  }

  /** Finds the account's games that it has not seen yet. */
  async #discover(): Promise<void> {
    const contract = { address: this.#options.factory, abi: FACTORY } as const;
    const count = await this.#l1.readContract({ ...contract, functionName: "gameCount" });
    if (this.#seen !== undefined && count < this.#seen) this.#forget();
    const first = this.#seen ?? (count > LOOK_BACK ? count - LOOK_BACK : 0n);
    for (let index = first; index < count; index++) {
      const args = [index] as const;
      const [gameType, , game] = await this.#l1.readContract({ ...contract, functionName: "gameAtIndex", args });
      if (gameType !== this.#options.gameType) continue;
      if (getAddress(await this.#read(game, "gameCreator")) === getAddress(this.#sender.address)) this.#open.add(game);
    }
    this.#seen = count;
  }

  async #due(game: Address, now: bigint): Promise<Hex | "wait" | "done"> {
    if ((await this.#read(game, "status")) === IN_PROGRESS) {
      const [start, clock] = await Promise.all([this.#read(game, "createdAt"), this.#read(game, "maxClockDuration")]);
      return now < start + clock ? "wait" : encodeFunctionData({ abi: GAME, functionName: "resolve" });
    }
    const recipient = this.#sender.address;
    const credit = await this.#l1.readContract({ address: game, abi: GAME, functionName: "credit", args: [recipient] });
    if (credit === 0n) return "done";
    const registry = await this.#read(game, "anchorStateRegistry");
    const isFinal = await this.#l1.readContract({
      ...{ address: registry, abi: REGISTRY, functionName: "isGameFinalized", args: [game] },
    });
    return isFinal ? encodeFunctionData({ abi: GAME, functionName: "claimCredit", args: [recipient] }) : "wait";
  }

  #read<Name extends "status" | "createdAt" | "maxClockDuration" | "gameCreator" | "anchorStateRegistry">(
    address: Address,
    functionName: Name,
  ) {
    return this.#l1.readContract({ address, abi: GAME, functionName });
  }
}
