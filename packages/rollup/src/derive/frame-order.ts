import type { Frame } from "../formats/frame.ts";

/**
 * Leaves of a transaction's frames those that Holocene accepts: each follows its predecessor in the same channel, or opens
 * a new channel. A new channel makes the frames of an unfinished one before it void.
 */
export const orderedFrames = (frames: readonly Frame[]): readonly Frame[] => {
  const kept: Frame[] = [];
  for (const frame of frames) {
    if (frame.number === 0) dropUnfinished(kept, frame);
    if (follows(kept.at(-1), frame)) kept.push(frame);
  }
  return kept;
};

/** The first frame of a transaction may continue a channel of an earlier one: that is for the channel to say. */
const follows = (last: Frame | undefined, next: Frame): boolean => {
  if (!last) return true;
  if (last.channelId !== next.channelId) return next.number === 0;
  return !last.isLast && next.number === last.number + 1;
};

const dropUnfinished = (kept: Frame[], next: Frame): void => {
  for (let last = kept.at(-1); last && !last.isLast && last.channelId !== next.channelId; last = kept.at(-1))
    kept.pop();
};
