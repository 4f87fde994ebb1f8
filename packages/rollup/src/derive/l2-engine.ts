import { type Block, type ChainApi, ChainError } from "@hyperion/chain";
import { bytesToHex, type Hex, hexToBytes } from "viem";
import type { RollupConfig } from "../config/rollup-config.ts";
import { outputRoot } from "../formats/output-root.ts";
import { describeL2Block, type L2Block } from "./l2-block.ts";
import type { PayloadAttributes } from "./payload-attributes.ts";

export type BuildOutcome =
  | { readonly valid: true; readonly block: L2Block }
  | { readonly valid: false; readonly reason: string };

/** The chain as derivation moves it: builds blocks from attributes, and sets the heads. */
export class L2Engine {
  readonly #chain: ChainApi;
  readonly #config: RollupConfig;

  /** @throws ChainError UNKNOWN_BLOCK when the chain does not begin with the configuration's genesis */
  constructor(chain: ChainApi, config: RollupConfig) {
    const genesis = bytesToHex(chain.genesis().hash);
    if (genesis !== config.genesis.l2.hash) {
      throw new ChainError("UNKNOWN_BLOCK", `the chain begins with ${genesis}, not with ${config.genesis.l2.hash}`);
    }
    this.#chain = chain;
    this.#config = config;
  }

  unsafe(): L2Block {
    return this.#describe(this.#chain.head());
  }

  safe(): L2Block {
    return this.#describe(this.#chain.safe());
  }

  finalized(): L2Block {
    return this.#describe(this.#chain.finalized());
  }

  /** Of the canonical chain. */
  block(number: bigint): L2Block | undefined {
    const block = this.#chain.block(number);
    return block && this.#describe(block);
  }

  /** Output root of the canonical block at that height. */
  outputRoot(number: bigint): Hex | undefined {
    const block = this.#chain.block(number);
    const { stateRoot, withdrawalsRoot } = block?.header ?? {};
    if (!block || !stateRoot || !withdrawalsRoot) return undefined;
    return outputRoot({
      stateRoot: bytesToHex(stateRoot),
      messagePasserStorageRoot: bytesToHex(withdrawalsRoot),
      blockHash: bytesToHex(block.hash),
    });
  }

  /** Transactions of the canonical block at that height that the sequencer put there: all but the deposits. */
  sequenced(number: bigint): readonly Uint8Array[] {
    const transactions = this.#chain.block(number)?.transactions ?? [];
    return transactions.filter(({ deposit }) => !deposit).map(({ raw }) => raw);
  }

  /** Whether the canonical block at that height is what the attributes ask for. */
  matches(number: bigint, attributes: PayloadAttributes): boolean {
    const block = this.#chain.block(number);
    if (!block || bytesToHex(block.header.parentHash) !== attributes.parent) return false;
    const { header } = block;
    const expected = attributes.block;
    return (
      header.timestamp === expected.timestamp &&
      header.gasLimit === expected.gasLimit &&
      isSame(header.coinbase, expected.coinbase) &&
      isSame(header.mixHash, expected.prevRandao) &&
      isSame(header.extraData, expected.extraData) &&
      isSame(header.parentBeaconBlockRoot ?? new Uint8Array(0), expected.parentBeaconBlockRoot) &&
      block.transactions.length === attributes.transactions.length &&
      block.transactions.every(({ raw }, index) => isSame(raw, attributes.transactions[index]!))
    );
  }

  /** Builds the block and makes it the head, in place of whatever stood on its parent. */
  async build(attributes: PayloadAttributes): Promise<BuildOutcome> {
    const parent = hexToBytes(attributes.parent);
    if (isSame(this.#chain.head().hash, parent)) {
      const block = await this.#chain.extendHead(attributes.block, attributes.transactions);
      if ("outcome" in block) return invalid(block);
      return { valid: true, block: this.#describe(block) };
    }
    const built = await this.#chain.buildBlock(parent, attributes.block, attributes.transactions);
    if ("outcome" in built) return invalid(built);
    const block = await this.#chain.importBlock(built.rlp);
    if (!isSame(this.#chain.head().hash, block.hash)) await this.#chain.setHead(block.hash);
    return { valid: true, block: this.#describe(block) };
  }

  async setUnsafe(hash: Hex): Promise<void> {
    await this.#chain.setHead(hexToBytes(hash));
  }

  setSafe(hash: Hex): void {
    this.#chain.setSafe(hexToBytes(hash));
  }

  setFinalized(hash: Hex): void {
    this.#chain.setFinalized(hexToBytes(hash));
  }

  #describe(block: Block): L2Block {
    return describeL2Block(block, this.#config);
  }
}

const invalid = (failed: { readonly index: number; readonly outcome: { readonly message: string } }): BuildOutcome => ({
  valid: false,
  reason: `transaction ${failed.index}: ${failed.outcome.message}`,
});

const isSame = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;
