import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Replay, requireBlocks } from "./chain-check.ts";
import { startNode } from "./crashed-node.ts";
import { putUnderLoad } from "./load.ts";
import { cutPower, untilCheckpoint } from "./power-cut.ts";
import { randomNumbers } from "./random-numbers.ts";

const LONGEST_LIFE_MS = 1_200;
/** Every so often, the process ends while it writes the tables. */
const CHECKPOINT_SHARE = 0.35;
/** The whole chain is replayed after as many kills, and after the last. */
const REPLAY_EVERY = 25;

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  /** Whether each kill is a power cut: what was not synced is torn. */
  readonly torn: boolean;
  readonly onKill?: (done: number, durable: number, damage: string) => void;
}

export interface CrashOutcome {
  /** Blocks that the killed processes had called durable. */
  readonly durable: number;
  readonly height: bigint;
  /** How often each kind of damage was done. */
  readonly damages: ReadonlyMap<string, number>;
}

/**
 * Kills a development node at random moments under load, again and again on the same data.
 *
 * @throws Error when a block that was called durable is gone, the state is not what its blocks give, or a start fails
 */
export async function crashRun({ kills, seed, torn, onKill }: CrashOptions): Promise<CrashOutcome> {
  const directory = mkdtempSync(join(tmpdir(), "hyperion-crash-"));
  const random = randomNumbers(seed);
  const durable = new Map<number, string>();
  const damages = new Map<string, number>();
  const replay = await Replay.start();
  try {
    for (let kill = 1; kill <= kills; kill++) {
      const known = new Map(durable);
      const node = await startNode(directory, { onPersisted: (number, hash) => durable.set(number, hash) });
      await requireBlocks(node, known);
      const load = putUnderLoad(node, random);
      await delay(50 + random() * LONGEST_LIFE_MS);
      if (random() < CHECKPOINT_SHARE) await untilCheckpoint(directory);
      await node.end("SIGKILL");
      await load;
      const damage = torn ? await cutPower(directory, Math.max(0, ...durable.keys()), random) : "none";
      for (const kind of damage.split(", ")) damages.set(kind, (damages.get(kind) ?? 0) + 1);
      onKill?.(kill, durable.size, damage);
      if (kill % REPLAY_EVERY === 0 || kill === kills) await replay.require(directory, durable);
    }
    return { durable: durable.size, height: replay.height, damages };
  } finally {
    await replay.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
