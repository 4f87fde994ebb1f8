import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { replay, requireBlocks } from "./chain-check.ts";
import { type Call, type CrashedNode, FailedStart, RefusedCall, startNode } from "./crashed-node.ts";
import { sideBySide } from "./lanes.ts";
import { putUnderLoad } from "./load.ts";
import { below, randomNumbers } from "./random-numbers.ts";
import { SmallDisk } from "./small-disk.ts";

const MIB = 1024 * 1024;
const DISK_BYTES = 256 * MIB;
const LONGEST_LIFE_MS = 600;
const FAILURE_WITHIN_MS = 20_000;
/** A chain is replayed and given up after as many full disks: it must fit on one. */
const CHAIN_LIFE = 10;

/** What is full: the disk of the log, that of the tables, or the one of both. */
const PLACES = ["tables", "log", "both"] as const;
type Place = (typeof PLACES)[number];

export interface DiskFullOptions {
  readonly times: number;
  readonly seed: number;
  readonly onTime?: (done: number, durable: number, what: string) => void;
}

export interface DiskFullOutcome {
  /** Blocks that the nodes had called durable; all of them are there. */
  readonly durable: number;
  /** Blocks that gave the stored state again when they were replayed from genesis. */
  readonly replayed: number;
}

/**
 * Fills the disk under development nodes' load, again and again, several chains side by side. Runs in a namespace
 * (small-disk.ts).
 *
 * The node must say so, refuse transactions, go on answering reads, end in good order or be killed, refuse with a reason
 * or serve when it is started on the full disk, and have every durable block when there is room again.
 *
 * @throws Error when it does not
 */
export async function diskFullRun({ times, seed, onTime }: DiskFullOptions): Promise<DiskFullOutcome> {
  let [done, durable, replayed] = [0, 0, 0];
  const chain = async (place: Place, index: number): Promise<void> => {
    const small = new SmallChain(place, randomNumbers(seed + index));
    try {
      for (let left = Math.min(CHAIN_LIFE, times - index * CHAIN_LIFE); left > 0; left--) {
        const before = small.durable.size;
        const what = await small.fillOnce();
        durable += small.durable.size - before;
        onTime?.(++done, durable, `${place}, ${what}`);
      }
      // Not in one expression: other chains add to the sum during the wait.
      const blocks = await replay(small.directory, small.durable);
      replayed += blocks;
    } finally {
      small.remove();
    }
  };
  const chains = Math.ceil(times / CHAIN_LIFE);
  await sideBySide(
    Array.from({ length: chains }, (_, index) => PLACES[index % PLACES.length]!),
    chain,
  );
  return { durable, replayed };
}

/** A chain on disks that get full. */
class SmallChain {
  readonly durable: Map<number, string> = new Map();
  readonly directory: string;
  readonly #random: () => number;
  readonly #disks: SmallDisk[] = [];
  readonly #full: SmallDisk;

  constructor(place: Place, random: () => number) {
    this.#random = random;
    this.directory = mkdtempSync(join(tmpdir(), "hyperion-full-"));
    this.#disks.push(new SmallDisk(this.directory, DISK_BYTES));
    if (place !== "both") this.#disks.push(new SmallDisk(join(this.directory, "log"), DISK_BYTES));
    this.#full = place === "log" ? this.#disks[1]! : this.#disks[0]!;
  }

  async fillOnce(): Promise<string> {
    const known = new Map(this.durable);
    let failed: (failure: { code: string; message: string }) => void = () => {};
    const failure = new Promise<{ code: string; message: string }>((resolve) => {
      failed = resolve;
    });
    const node = await startNode(this.directory, {
      onPersisted: (number, hash) => this.durable.set(number, hash),
      onFailed: (event) => failed(event),
    });
    await requireBlocks(node, known);
    const load = putUnderLoad(node, this.#random);
    await delay(50 + this.#random() * LONGEST_LIFE_MS);
    this.#full.fill(below(this.#random, 128) * 4096);
    const { code, message } = await within(FAILURE_WITHIN_MS, failure, "the node did not report the full disk");
    if (code !== "DISK_FULL") throw new Error(`the node failed with ${code}: ${message}`);
    await load;
    await requireReads(node, this.durable);
    await requireRefusal(node);
    const how = await this.#end(node);
    const restart = this.#random() < 0.5 ? await this.#startWhileFull() : "there was room";
    this.#full.empty();
    return `${how}, ${restart}`;
  }

  async #end(node: CrashedNode): Promise<string> {
    if (this.#random() < 0.5) {
      await node.end("SIGKILL");
      return "killed";
    }
    const { status, errors } = await node.end("SIGINT");
    if (status !== 1 || !/no space|disk is full/i.test(errors)) {
      throw new Error(`the node on the full disk ended with ${status}: ${errors}`);
    }
    return "stopped";
  }

  async #startWhileFull(): Promise<string> {
    try {
      const node = await startNode(this.directory, { onPersisted: (number, hash) => this.durable.set(number, hash) });
      await requireReads(node, this.durable);
      await node.end("SIGKILL");
      return "served on the full disk";
    } catch (error) {
      if (!(error instanceof FailedStart)) throw error;
      const { status, errors } = error.ending;
      if (status === 1 && /no space|disk is full/i.test(errors)) return "refused the full disk";
      throw error;
    }
  }

  remove(): void {
    for (const disk of this.#disks.reverse()) disk.unmount();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Blocks, balances and calls, at the head, at the last durable block and on top. */
async function requireReads(node: CrashedNode, blocks: ReadonlyMap<number, string>): Promise<void> {
  const [account] = node.accounts;
  const last = Math.max(0, ...blocks.keys());
  const places = ["latest", "pending", `0x${last.toString(16)}`];
  const reads = places.flatMap((place): Call[] => [
    ["eth_getBalance", [account, place]],
    ["eth_call", [{ to: account }, place]],
    ["eth_getBlockByNumber", [place, true]],
  ]);
  await node.ask(reads);
  await requireBlocks(node, blocks);
}

async function requireRefusal(node: CrashedNode): Promise<void> {
  const [self] = node.accounts;
  const refused = await node
    .ask([["eth_sendTransaction", [{ from: self, to: self, gas: "0x5208" }]]])
    .catch((error: unknown) => error);
  if (refused instanceof RefusedCall && /no more blocks are made.*no space/.test(refused.message)) return;
  throw new Error(`a node without space answers a transaction with ${refused}`);
}

async function within<T>(milliseconds: number, promise: Promise<T>, complaint: string): Promise<T> {
  const late = Symbol("late");
  const result = await Promise.race([promise, delay(milliseconds, late, { ref: false })]);
  if (result === late) throw new Error(complaint);
  return result as T;
}
