import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Blockchain, type BlockchainOptions } from "@hyperion/chain";
import { Database } from "@hyperion/metisdb";
import { devAccounts, devChainConfig, devGenesis, nodeConfigSchema } from "@hyperion/node";
import { type KilledNode, startKilledNode } from "./killed-node.ts";

/** PUSH0 CALLDATALOAD DUP1 SSTORE: stores a word under itself. */
const STORE_INIT = "0x645f358055005f526005601bf3";
const BATCH = 16;
const LONGEST_LIFE_MS = 1_200;
/** The whole chain is replayed after as many kills, and after the last. */
const REPLAY_EVERY = 25;

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  readonly onKill?: (done: number, persisted: number) => void;
}

export interface CrashOutcome {
  /** Blocks that the killed processes had called durable. */
  readonly persisted: number;
  readonly height: bigint;
}

/**
 * Kills a development node at random moments under load, again and again on the same data.
 *
 * @throws Error when a block that was called durable is gone, the state is not what its blocks give, or a start fails
 */
export async function crashRun({ kills, seed, onKill }: CrashOptions): Promise<CrashOutcome> {
  const directory = mkdtempSync(join(tmpdir(), "hyperion-crash-"));
  const random = randomNumbers(seed);
  const persisted = new Map<number, string>();
  const replayed = await openChain(Database.temporary());
  try {
    for (let kill = 1; kill <= kills; kill++) {
      const known = [...persisted];
      const node = await startKilledNode(directory, (number, hash) => persisted.set(number, hash));
      await requireBlocks(node, known);
      const load = putUnderLoad(node, random);
      await delay(50 + random() * LONGEST_LIFE_MS);
      await node.kill();
      await load;
      onKill?.(kill, persisted.size);
      if (kill % REPLAY_EVERY === 0 || kill === kills) await requireReplay(directory, replayed, persisted);
    }
    return { persisted: persisted.size, height: replayed.head().header.number };
  } finally {
    await replayed.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Sends transactions until the node is gone. */
async function putUnderLoad(node: KilledNode, random: () => number): Promise<void> {
  const word = (): string =>
    `0x${Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(64, "0")}`;
  try {
    for (;;) {
      const [from] = node.accounts.slice(Math.floor(random() * node.accounts.length));
      const [hash] = await node.ask([["eth_sendTransaction", [{ from, data: STORE_INIT, gas: "0x30d40" }]]]);
      const receipt = await receiptOf(node, hash);
      const calls = Array.from({ length: BATCH }, (_, index) => {
        const sender = node.accounts[index % node.accounts.length];
        const call = { from: sender, to: receipt.contractAddress, data: word(), gas: "0x186a0" };
        const transfer = { from: sender, to: `0x${word().slice(-40)}`, value: "0x1", gas: "0x5208" };
        return ["eth_sendTransaction", [index % 2 === 0 ? call : transfer]] as const;
      });
      await node.ask(calls);
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

async function receiptOf(node: KilledNode, hash: unknown): Promise<{ contractAddress: string }> {
  for (;;) {
    const [receipt] = await node.ask([["eth_getTransactionReceipt", [hash]]]);
    if (receipt) return receipt as { contractAddress: string };
    await delay(10);
  }
}

async function requireBlocks(node: KilledNode, blocks: readonly (readonly [number, string])[]): Promise<void> {
  for (let from = 0; from < blocks.length; from += 100) {
    const part = blocks.slice(from, from + 100);
    const answers = await node.ask(
      part.map(([number]) => ["eth_getBlockByNumber", [`0x${number.toString(16)}`, false]]),
    );
    for (const [index, [number, hash]] of part.entries()) {
      const found = (answers[index] as { hash: string } | null)?.hash;
      if (found !== hash) throw new Error(`block ${number} was durable as ${hash}; after the crash it is ${found}`);
    }
  }
}

/** The stored chain, its state checked whole, gives the same head when its blocks are executed again. */
async function requireReplay(
  directory: string,
  replayed: Blockchain,
  persisted: ReadonlyMap<number, string>,
): Promise<void> {
  const database = Database.open(directory);
  const chain = await openChain(database);
  try {
    const { difference } = await database.verify();
    if (difference) throw new Error(`the state is damaged: ${difference.description}`);
    for (let number = replayed.head().header.number + 1n; number <= chain.head().header.number; number++) {
      await replayed.importBlock(chain.block(number)!.rlp);
    }
    const [kept, again] = [chain.head().hash, replayed.head().hash].map((hash) => Buffer.from(hash).toString("hex"));
    if (kept !== again) throw new Error(`the stored head is ${kept}, a replay gives ${again}`);
    if (Buffer.compare(database.head.root, replayed.head().header.stateRoot) !== 0) {
      throw new Error("the stored state is not that of its head");
    }
    const last = Math.max(0, ...persisted.keys());
    if (chain.head().header.number < BigInt(last)) throw new Error(`block ${last} was durable and is gone`);
  } finally {
    await chain.close();
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

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
