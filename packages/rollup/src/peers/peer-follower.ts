import type { L2Block } from "../derive/l2-block.ts";
import { Allowance } from "./allowance.ts";
import { blockStream } from "./block-stream.ts";
import { PeerError } from "./errors.ts";
import type { StreamChain, StreamMessage } from "./stream-format.ts";
import type { UnsafeImporter } from "./unsafe-importer.ts";

export interface PeerFollowerOptions {
  /** `http://host:port` of each. */
  readonly urls: readonly string[];
  readonly chain: StreamChain;
  readonly importer: Pick<UnsafeImporter, "offer" | "retry">;
  readonly heads: { unsafe(): L2Block; safe(): L2Block };
  /** Told whenever a peer was left, and why. */
  readonly onLeft: (url: string, error: Error) => void;
  /** For tests, which have no minutes. */
  readonly pauses?: Pauses;
  /** Milliseconds in which every message must come. */
  readonly patience?: number;
}

/** Milliseconds before a peer is asked again: first and longest pause, doubled in between. */
export interface Pauses {
  readonly excusable: readonly [number, number];
  readonly hostile: readonly [number, number];
  /** Without a new block while the peer has some: then the stream is asked for again, from further back. */
  readonly stuck: readonly [number, number];
}

/** How it stands with one peer. */
export interface PeerState {
  readonly url: string;
  /** `shunned`: it did what no honest peer does, and is not asked for a while. */
  readonly state: "connecting" | "connected" | "waiting" | "shunned";
  /** Number of its newest block, as it says. */
  readonly head: bigint | undefined;
  /** Why it was left last. */
  readonly problem: { readonly code: string; readonly reason: string } | undefined;
}

const PAUSES: Pauses = { excusable: [500, 30_000], hostile: [30_000, 600_000], stuck: [5_000, 60_000] };

/** Blocks asked for again that are here already: an own reader may lack them, and the peer may have another branch. */
const OVERLAP = 64n;
/** Honest peers stay far below: a history at once, then blocks at the chain's pace. */
const MESSAGES = { burst: 4_096, perSecond: 100 } as const;
const BYTES = { burst: 128 * 1024 * 1024, perSecond: 16 * 1024 * 1024 } as const;

/** Follows the block streams of several peers at once, for ever: whoever fails is asked again later. */
export class PeerFollower {
  readonly #peers: readonly Peer[];
  readonly #ending = new AbortController();
  #running: Promise<unknown> | undefined;

  constructor(options: PeerFollowerOptions) {
    this.#peers = options.urls.map((url) => new Peer(url, options, this.#ending.signal));
  }

  get peers(): readonly PeerState[] {
    return this.#peers;
  }

  /** The highest block that a peer says it has. */
  get head(): bigint | undefined {
    const heads = this.#peers.flatMap(({ state, head }) => (state === "connected" && head !== undefined ? [head] : []));
    return heads.reduce<bigint | undefined>(
      (highest, head) => (highest !== undefined && highest > head ? highest : head),
      undefined,
    );
  }

  start(): void {
    this.#running ??= Promise.all(this.#peers.map((peer) => peer.run()));
  }

  /** Resolves when no block is being imported any more. Idempotent. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }
}

/** Pauses that grow until something goes well. */
class Pause {
  readonly #first: number;
  readonly #longest: number;
  #next: number;

  constructor([first, longest]: readonly [number, number]) {
    this.#first = first;
    this.#longest = longest;
    this.#next = first;
  }

  get milliseconds(): number {
    return this.#next;
  }

  grow(): void {
    this.#next = Math.min(2 * this.#next, this.#longest);
  }

  reset(): void {
    this.#next = this.#first;
  }
}

class Peer implements PeerState {
  readonly url: string;
  readonly #options: PeerFollowerOptions;
  readonly #signal: AbortSignal;
  readonly #messages = new Allowance(MESSAGES);
  readonly #bytes = new Allowance(BYTES);
  readonly #excusable: Pause;
  readonly #hostile: Pause;
  readonly #stuck: Pause;
  #progress: number = performance.now();
  state: PeerState["state"] = "connecting";
  head: bigint | undefined;
  problem: PeerState["problem"];

  constructor(url: string, options: PeerFollowerOptions, signal: AbortSignal) {
    this.url = url;
    this.#options = options;
    this.#signal = signal;
    const { excusable, hostile, stuck } = options.pauses ?? PAUSES;
    this.#excusable = new Pause(excusable);
    this.#hostile = new Pause(hostile);
    this.#stuck = new Pause(stuck);
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      this.state = "connecting";
      try {
        await this.#listen();
      } catch (error) {
        await this.#leave(error as Error);
      }
    }
  }

  /** Until the stream breaks, or brings nothing though there is something. */
  async #listen(): Promise<void> {
    const { chain, heads, patience } = this.#options;
    const [safe, unsafe] = [heads.safe().number + 1n, heads.unsafe().number + 1n - OVERLAP];
    this.#progress = performance.now();
    const request = { url: this.url, chain, from: safe > unsafe ? safe : unsafe, signal: this.#signal };
    for await (const message of blockStream({ ...request, ...(patience !== undefined && { patience }) })) {
      this.state = "connected";
      await this.#hear(message);
      if (!this.#isStuck()) continue;
      this.#stuck.grow();
      return;
    }
  }

  async #hear(message: StreamMessage): Promise<void> {
    const { importer } = this.#options;
    await this.#sleep(this.#messages.take(1));
    if (message.kind !== "block") {
      this.head = message.head;
      if (message.kind === "head") await importer.retry();
      return;
    }
    await this.#sleep(this.#bytes.take(message.payload.length));
    const outcome = await importer.offer(message);
    if (outcome !== "joined") return;
    this.#progress = performance.now();
    for (const pause of [this.#excusable, this.#hostile, this.#stuck]) pause.reset();
    this.problem = undefined;
  }

  #isStuck(): boolean {
    const { number } = this.#options.heads.unsafe();
    if (this.head === undefined || this.head <= number) this.#progress = performance.now();
    return performance.now() - this.#progress > this.#stuck.milliseconds;
  }

  async #leave(error: Error): Promise<void> {
    const isHostile = error instanceof PeerError && error.isHostile;
    const { code = "FAILED", shortMessage = error.message } = error as Partial<PeerError>;
    this.problem = { code, reason: shortMessage };
    this.state = isHostile ? "shunned" : "waiting";
    this.head = undefined;
    this.#options.onLeft(this.url, error);
    const pause = isHostile ? this.#hostile : this.#excusable;
    await this.#sleep(pause.milliseconds);
    pause.grow();
  }

  #sleep(milliseconds: number): Promise<void> {
    if (milliseconds <= 0 || this.#signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#signal.addEventListener("abort", end);
    });
  }
}
