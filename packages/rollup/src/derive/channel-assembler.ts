import type { Hex } from "viem";
import { MAX_CHANNEL_BYTES } from "../formats/channel.ts";
import type { Frame } from "../formats/frame.ts";

/** What a frame counts beside its data towards the size of its channel. */
const FRAME_COST = 200;

interface OpenChannel {
  readonly id: Hex;
  /** L1 block of its first frame. */
  readonly openedAt: bigint;
  readonly pieces: Uint8Array[];
  size: number;
}

/** Puts the frames of one channel after another together (Holocene: there is one at a time, and its frames are in order). */
export class ChannelAssembler {
  readonly #timeout: bigint;
  #open: OpenChannel | undefined;

  /** @param timeout L1 blocks after which an unfinished channel is dropped */
  constructor(timeout: bigint) {
    this.#timeout = timeout;
  }

  reset(): void {
    this.#open = undefined;
  }

  /** Takes the next frame, read from the given L1 block. Returns the channel's bytes when the frame was its last. */
  add(frame: Frame, l1Number: bigint): Uint8Array | undefined {
    if (this.#open && this.#open.openedAt + this.#timeout < l1Number) this.#open = undefined;
    if (frame.number === 0) this.#open = { id: frame.channelId, openedAt: l1Number, pieces: [], size: 0 };
    const channel = this.#open;
    if (!channel || channel.id !== frame.channelId || channel.pieces.length !== frame.number) return undefined;
    channel.pieces.push(frame.data);
    channel.size += frame.data.length + FRAME_COST;
    if (channel.size > MAX_CHANNEL_BYTES) this.#open = undefined;
    else if (frame.isLast) return this.#finish(channel);
    return undefined;
  }

  #finish(channel: OpenChannel): Uint8Array {
    this.#open = undefined;
    return new Uint8Array(Buffer.concat(channel.pieces));
  }
}
