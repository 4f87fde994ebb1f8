import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { replay, requireBlocks } from "./chain-check.ts";
import { startNode } from "./crashed-node.ts";
import { LANES, sideBySide } from "./lanes.ts";
import { putUnderLoad } from "./load.ts";
import { cutPower, untilCheckpoint } from "./power-cut.ts";
import { randomNumbers } from "./random-numbers.ts";

const LONGEST_LIFE_MS = 1_200;
/** Every so often, the process ends while it writes the tables. */
const CHECKPOINT_SHARE = 0.35;
/** Most kills, after the node's first new block was durable: however slow the machine, there is something to lose. */
const FIRST_BLOCK_SHARE = 0.8;
const FIRST_BLOCK_WITHIN_MS = 20_000;
/** A chain is replayed from genesis after as many kills, and another one begun: what a kill costs grows with its chain. */
const CHAIN_LIFE = 50;
/** Fewer are not spread over chains. */
const SHORTEST_CHAIN_LIFE = 10;

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  /** Whether each kill is a power cut: what was not synced is torn. */
  readonly torn: boolean;
  readonly onKill?: (done: number, durable: number, damage: string) => void;
}

export interface CrashOutcome {
  /** Blocks that the killed processes had called durable; all of them are there. */
  readonly durable: number;
  /** Blocks that gave the stored state again when they were replayed from genesis. */
  readonly replayed: number;
  /** How often each kind of damage was done. */
  readonly damages: ReadonlyMap<string, number>;
}

/**
 * Kills development nodes at random moments under load, again and again on the same data, several chains side by side.
 *
 * @throws Error when a block that was called durable is gone, the state is not what its blocks give, or a start fails
 */
export async function crashRun({ kills, seed, torn, onKill }: CrashOptions): Promise<CrashOutcome> {
  const damages = new Map<string, number>();
  let [done, durable, replayed] = [0, 0, 0];
  const chain = async (life: number, index: number): Promise<void> => {
    const killed = new KilledChain(seed + index, torn);
    try {
      for (let kill = 0; kill < life; kill++) {
        const before = killed.durable.size;
        const damage = await killed.kill();
        durable += killed.durable.size - before;
        for (const kind of damage.split(", ")) damages.set(kind, (damages.get(kind) ?? 0) + 1);
        onKill?.(++done, durable, damage);
      }
      // Not in one expression: other chains add to the sum during the wait.
      const blocks = await replay(killed.directory, killed.durable);
      replayed += blocks;
    } finally {
      killed.remove();
    }
  };
  await sideBySide(chainLives(kills), chain);
  return { durable, replayed, damages };
}

/** Kills of each chain. */
function chainLives(kills: number): number[] {
  const life = Math.min(CHAIN_LIFE, Math.max(SHORTEST_CHAIN_LIFE, Math.ceil(kills / LANES)));
  return Array.from({ length: Math.ceil(kills / life) }, (_, index) => Math.min(life, kills - index * life));
}

/** One chain on disk, whose nodes are killed one after the other. */
class KilledChain {
  readonly directory: string = mkdtempSync(join(tmpdir(), "hyperion-crash-"));
  readonly durable: Map<number, string> = new Map();
  readonly #random: () => number;
  readonly #torn: boolean;
  /** What became durable since a node was last asked for it. */
  #unchecked = new Map<number, string>();

  constructor(seed: number, torn: boolean) {
    this.#random = randomNumbers(seed);
    this.#torn = torn;
  }

  /** @returns the damage done, in words */
  async kill(): Promise<string> {
    const unchecked = this.#unchecked;
    this.#unchecked = new Map();
    let onFirst = (): void => {};
    const first = new Promise<void>((resolve) => {
      onFirst = resolve;
    });
    const node = await startNode(this.directory, {
      onPersisted: (number, hash) => {
        // The first promise counts: a lost block's successor of the same number must not take its place.
        if (this.durable.has(number)) return;
        this.durable.set(number, hash);
        this.#unchecked.set(number, hash);
        onFirst();
      },
    });
    await requireBlocks(node, unchecked);
    const load = putUnderLoad(node, this.#random);
    if (this.#random() < FIRST_BLOCK_SHARE) {
      await Promise.race([first, delay(FIRST_BLOCK_WITHIN_MS, undefined, { ref: false })]);
    }
    await delay(50 + this.#random() * LONGEST_LIFE_MS);
    if (this.#random() < CHECKPOINT_SHARE) await untilCheckpoint(this.directory);
    await node.end("SIGKILL");
    await load;
    return this.#torn ? cutPower(this.directory, Math.max(0, ...this.durable.keys()), this.#random) : "none";
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
