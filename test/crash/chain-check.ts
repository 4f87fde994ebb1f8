import { Blockchain, type BlockchainOptions } from "@hyperion/chain";
import { Database } from "@hyperion/metisdb";
import { devAccounts, devChainConfig, devGenesis, nodeConfigSchema } from "@hyperion/node";
import type { CrashedNode } from "./crashed-node.ts";

/** The hash of every block that a process called durable, by number. */
export type DurableBlocks = ReadonlyMap<number, string>;

/** @throws Error when the node does not have one of the blocks */
export async function requireBlocks(node: CrashedNode, blocks: DurableBlocks): Promise<void> {
  const wanted = [...blocks];
  for (let from = 0; from < wanted.length; from += 100) {
    const part = wanted.slice(from, from + 100);
    const answers = await node.ask(
      part.map(([number]) => ["eth_getBlockByNumber", [`0x${number.toString(16)}`, false]]),
    );
    for (const [index, [number, hash]] of part.entries()) {
      const found = (answers[index] as { hash: string } | null)?.hash;
      if (found !== hash) throw new Error(`block ${number} was durable as ${hash}; afterwards it is ${found}`);
    }
  }
}

/** A chain in memory that executes the stored one's blocks again, from genesis on. */
export class Replay {
  readonly #chain: Blockchain;

  private constructor(chain: Blockchain) {
    this.#chain = chain;
  }

  static async start(): Promise<Replay> {
    return new Replay(await openChain(Database.temporary()));
  }

  get height(): bigint {
    return this.#chain.head().header.number;
  }

  /**
   * The stored chain, its state checked whole, gives the same head when its blocks are executed again.
   *
   * @throws Error when it does not, or has lost a durable block
   */
  async require(directory: string, blocks: DurableBlocks): Promise<void> {
    const database = Database.open(directory);
    const chain = await openChain(database);
    try {
      const { difference } = await database.verify();
      if (difference) throw new Error(`the state is damaged: ${difference.description}`);
      for (let number = this.height + 1n; number <= chain.head().header.number; number++) {
        await this.#chain.importBlock(chain.block(number)!.rlp);
      }
      const heads = [chain.head().hash, this.#chain.head().hash].map((hash) => Buffer.from(hash).toString("hex"));
      if (heads[0] !== heads[1]) throw new Error(`the stored head is ${heads[0]}, a replay gives ${heads[1]}`);
      if (Buffer.compare(database.head.root, this.#chain.head().header.stateRoot) !== 0) {
        throw new Error("the stored state is not that of its head");
      }
      const last = Math.max(0, ...blocks.keys());
      if (this.height < BigInt(last)) throw new Error(`block ${last} was durable and is gone`);
    } finally {
      await chain.close();
    }
  }

  close(): Promise<void> {
    return this.#chain.close();
  }
}

function openChain(database: Database): Promise<Blockchain> {
  const config = nodeConfigSchema.parse({ inference: { enabled: false } });
  const options: BlockchainOptions = {
    config: devChainConfig(config, undefined),
    genesis: devGenesis(config, devAccounts(config.accounts.count)),
    database,
  };
  return Blockchain.open(options);
}
