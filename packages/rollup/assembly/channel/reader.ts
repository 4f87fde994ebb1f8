/** The encoded batches of a channel: its decompressed bytes are RLP strings in a row. */
import { ITEM, ITEM_LENGTH, readBytes } from "../../../kernel/assembly/encoding/rlp";
import { decompress } from "../compression/decompress";
import { OUTPUT_LENGTH, closeOutput, outputPtr } from "../compression/output";

/** The batch read last. */
export let BATCH: usize = 0;
export let BATCH_LENGTH: u32 = 0;
let at: u32 = 0;
let isOpen: bool = false;

/** Begins to read a channel; false when it names no compression, or its zlib header is bad. */
export function openChannel(channel: usize, length: u32, limit: u32): bool {
  at = 0;
  isOpen = decompress(channel, length, limit);
  if (!isOpen) closeOutput();
  return isOpen;
}

/** Leaves out the rest of the channel, and gives its memory back. */
export function closeChannel(): void {
  if (isOpen) closeOutput();
  isOpen = false;
}

/** The next batch; false at the end. What follows bad compression, a bad item or the limit does not exist. */
export function readBatch(): bool {
  if (!isOpen) return false;
  const base = outputPtr();
  const next = readBytes(base + at, base + OUTPUT_LENGTH);
  if (next == 0) {
    closeChannel();
    return false;
  }
  at = <u32>(next - base);
  BATCH = ITEM;
  BATCH_LENGTH = ITEM_LENGTH;
  return true;
}
