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

/**
 * The stored chain, its state checked whole, has the blocks, and gives the same head when all of its blocks are executed
 * again in memory, from genesis on.
 *
 * @returns how many blocks were executed
 * @throws Error when it does not
 */
export async function replay(directory: string, blocks: DurableBlocks): Promise<number> {
  const database = Database.open(directory);
  const chain = await openChain(database);
  const again = await openChain(Database.temporary());
  try {
    const { difference } = await database.verify();
    if (difference) throw new Error(`the state is damaged: ${difference.description}`);
    for (const [number, hash] of blocks) {
      const stored = chain.canonicalHash(BigInt(number));
      const found = stored && `0x${hex(stored)}`;
      if (found !== hash) throw new Error(`block ${number} was durable as ${hash}; in the end it is ${found}`);
    }
    const head = chain.head();
    for (let number = 1n; number <= head.header.number; number++) await again.importBlock(chain.block(number)!.rlp);
    const replayed = again.head();
    if (hex(head.hash) !== hex(replayed.hash)) {
      throw new Error(`the stored head is ${hex(head.hash)}, a replay gives ${hex(replayed.hash)}`);
    }
    if (hex(database.head.root) !== hex(replayed.header.stateRoot)) {
      throw new Error("the stored state is not that of its head");
    }
    return Number(replayed.header.number);
  } finally {
    await chain.close();
    await again.close();
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
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
