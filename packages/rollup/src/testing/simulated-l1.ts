import { type Address, type Hex, keccak256, toHex } from "viem";
import type { L1Source } from "../derive/l1-source.ts";
import type { L1Block, L1Log, L1Ref } from "../formats/l1-block.ts";

const L1_BLOCK_TIME = 12n;

/** An L1 in memory: blocks appear and disappear as a test says. */
export class SimulatedL1 implements L1Source {
  readonly #payloads = new Map<Hex, readonly { readonly from: Address; readonly data: Uint8Array }[]>();
  #blocks: L1Block[] = [];
  #salt = 0;
  finalizedNumber = 0n;

  constructor(timestamp: bigint) {
    this.#append(timestamp, []);
  }

  get latest(): L1Block {
    return this.#blocks.at(-1)!;
  }

  /** Adds a block with the events and the batcher's transactions given. */
  mine(
    logs: readonly Omit<L1Log, "index">[] = [],
    payloads: readonly { readonly from: Address; readonly data: Uint8Array }[] = [],
  ): L1Block {
    const block = this.#append(this.latest.timestamp + L1_BLOCK_TIME, logs);
    this.#payloads.set(block.hash, payloads);
    return block;
  }

  /** Takes the newest blocks away; those mined next have other hashes. */
  undo(depth: number): void {
    this.#blocks = this.#blocks.slice(0, -depth);
  }

  at(number: bigint): L1Block | undefined {
    return this.#blocks[Number(number)];
  }

  async head(): Promise<L1Ref> {
    return this.latest;
  }

  async finalized(): Promise<L1Ref | undefined> {
    return this.at(this.finalizedNumber);
  }

  async block(id: bigint | Hex): Promise<L1Block | undefined> {
    return typeof id === "bigint" ? this.at(id) : this.#blocks.find(({ hash }) => hash === id);
  }

  async payloads(block: L1Ref, _inbox: Address, batcher: Address): Promise<readonly Uint8Array[]> {
    const all = this.#payloads.get(block.hash) ?? [];
    return all.filter(({ from }) => from === batcher).map(({ data }) => data);
  }

  #append(timestamp: bigint, logs: readonly Omit<L1Log, "index">[]): L1Block {
    const number = BigInt(this.#blocks.length);
    const hash = keccak256(toHex(`block ${number} ${this.#salt++}`));
    const block: L1Block = {
      number,
      hash,
      parentHash: this.#blocks.at(-1)?.hash ?? `0x${"00".repeat(32)}`,
      timestamp,
      baseFee: 7n + number,
      blobBaseFee: 1n + number,
      mixHash: keccak256(hash),
      parentBeaconBlockRoot: keccak256(toHex(`beacon ${number}`)),
      logs: logs.map((log, index) => ({ ...log, index })),
    };
    this.#blocks.push(block);
    return block;
  }
}
