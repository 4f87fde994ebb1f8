/** Payloads of a channel, and how many of the blocks it holds. */
export interface ClosedChannel {
  readonly count: number;
  readonly payloads: readonly Uint8Array[];
}

export interface ChannelChoice {
  /** Bytes of each block before compression. */
  readonly weights: readonly number[];
  /** What a payload may hold. */
  readonly payloadSize: number;
  /** Payloads of a channel of so many blocks, from the first one on. */
  readonly build: (count: number) => readonly Uint8Array[];
  /** Whether the blocks may wait no longer for others that would fill the payloads. */
  readonly isDue: boolean;
}

/** Share of its payloads that a channel has to fill to be closed. */
const ENOUGH = 0.95;
/** Compressing is dear: so many other ends are tried. */
const ATTEMPTS = 2;
/** What the guess of a channel's size may be wrong by. */
const MARGIN = 1.01;

/**
 * Ends a channel after the block at which its payloads are full. Blocks compress about equally well, so compressing all of
 * them tells where that is.
 *
 * @returns `undefined` when it is better to wait for more blocks
 */
export const fullestChannel = (choice: ChannelChoice): ClosedChannel | undefined => {
  const { weights, payloadSize, build, isDue } = choice;
  const total = sum(weights);
  // Nothing compresses to more than it was.
  if (!isDue && total < ENOUGH * payloadSize) return undefined;
  const all = { count: weights.length, payloads: build(weights.length) };
  if (fillOf(all, payloadSize) >= ENOUGH) return all;
  const ratio = bytesOf(all.payloads) / total;
  for (const count of likelyEnds(weights, ratio, payloadSize).slice(0, ATTEMPTS)) {
    const channel = { count, payloads: build(count) };
    if (fillOf(channel, payloadSize) >= ENOUGH) return channel;
  }
  return isDue ? all : undefined;
};

/** Counts of blocks that may fill payloads, the fullest first. */
const likelyEnds = (weights: readonly number[], ratio: number, payloadSize: number): readonly number[] => {
  let bytes = 0;
  const ends = weights.map((weight, index) => {
    bytes += weight * ratio;
    return { count: index + 1, fill: bytes / (Math.ceil((bytes * MARGIN) / payloadSize) * payloadSize) };
  });
  return ends
    .slice(0, -1)
    .filter(({ fill }) => fill >= ENOUGH)
    .toSorted((left, right) => right.fill - left.fill)
    .map(({ count }) => count);
};

const fillOf = ({ payloads }: ClosedChannel, payloadSize: number): number =>
  bytesOf(payloads) / (payloads.length * payloadSize);

const bytesOf = (payloads: readonly Uint8Array[]): number => sum(payloads.map(({ length }) => length));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
