import { STREAM_PATH, STREAM_TYPE } from "./block-server.ts";
import { PeerError } from "./errors.ts";
import { decodeMessage, FrameReader, STREAM_VERSION, type StreamChain, type StreamMessage } from "./stream-format.ts";

export interface StreamRequest {
  /** Of the peer: `http://host:port`. */
  readonly url: string;
  readonly chain: StreamChain;
  /** First block that is wanted. */
  readonly from: bigint;
  readonly signal: AbortSignal;
  /** Milliseconds in which a whole message must come. Default 30 s; honest peers say their head every 5 s. */
  readonly patience?: number;
}

const PATIENCE = 30_000;

/**
 * What a peer says, one message after the other, the first of which is its hello. Reading stops while the receiver works, so a
 * peer can send no faster than it is listened to.
 *
 * @throws PeerError; returns when the signal aborts
 */
export async function* blockStream(request: StreamRequest): AsyncGenerator<StreamMessage> {
  const { signal, chain, patience = PATIENCE } = request;
  const ending = new AbortController();
  const abort = (): void => ending.abort();
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const clock = new Deadline(patience, ending);
  try {
    const reader = await open(request, ending.signal);
    // fetch() holds its signal weakly once it has answered: an abort may come to nothing after a collection of garbage.
    ending.signal.addEventListener("abort", () => void reader.cancel().catch(() => {}));
    if (ending.signal.aborted) throw new PeerError("CLOSED", "the stream was left");
    const frames = new FrameReader();
    let isGreeted = false;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new PeerError("CLOSED", "the stream has ended");
      for (const frame of frames.add(value)) {
        const message = decodeMessage(frame);
        if (!isGreeted) checkHello(message, chain);
        else if (message.kind === "hello") throw new PeerError("MALFORMED", "a second hello");
        isGreeted = true;
        clock.stop();
        yield message;
        clock.start();
      }
    }
  } catch (error) {
    if (clock.isOver) throw new PeerError("TIMEOUT", `no message within ${patience} ms`);
    if (signal.aborted) return;
    if (error instanceof PeerError) throw error;
    throw new PeerError("UNREACHABLE", `${request.url} cannot be read`, { cause: error });
  } finally {
    clock.stop();
    signal.removeEventListener("abort", abort);
    ending.abort();
  }
}

const open = async (
  { url, from }: StreamRequest,
  signal: AbortSignal,
): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
  const response = await fetch(new URL(`${STREAM_PATH}?from=${from}`, url), { signal, redirect: "error" });
  if (response.status !== 200 || response.headers.get("content-type") !== STREAM_TYPE || !response.body) {
    throw new PeerError("REFUSED", `${url} answers with status ${response.status} and no stream`);
  }
  return response.body.getReader();
};

const checkHello = (message: StreamMessage, { chainId, genesis }: StreamChain): void => {
  if (message.kind !== "hello") throw new PeerError("MALFORMED", `the stream begins with a ${message.kind}`);
  if (message.version !== STREAM_VERSION) throw new PeerError("WRONG_VERSION", `version ${message.version}`);
  if (message.chainId === chainId && message.genesis === genesis) return;
  throw new PeerError("WRONG_CHAIN", `chain ${message.chainId} with genesis ${message.genesis}`);
};

/** Ends the connection when the next message takes too long, however busily its bytes drop in. */
class Deadline {
  readonly #patience: number;
  readonly #ending: AbortController;
  #timer: NodeJS.Timeout | undefined;
  isOver = false;

  constructor(patience: number, ending: AbortController) {
    this.#patience = patience;
    this.#ending = ending;
    this.start();
  }

  start(): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.#ending.abort();
    }, this.#patience);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
