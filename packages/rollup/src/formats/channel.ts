import { constants, createBrotliDecompress } from "node:zlib";
import { RlpError, rlpBytes, rlpItem } from "@hyperion/chain";
import { FormatError } from "./errors.ts";
import { inflate } from "./inflate.ts";

/** Fjord: batches beyond this many decompressed bytes of a channel do not exist. */
export const MAX_CHANNEL_BYTES = 100_000_000;
/** First byte of a channel in Brotli; that of a zlib stream names the method 8 or 15 in its low half. */
export const BROTLI_CHANNEL = 1;
const ZLIB_METHODS: readonly number[] = [8, 15];

/**
 * The encoded batches of a channel: its decompressed bytes are RLP strings in a row. What follows bad compression, a bad
 * item or the limit is left out. They are taken apart one by one, since there may be as many as bytes.
 *
 * @throws FormatError when the first byte names no compression, or the zlib header is bad
 */
export const decodeChannel = async (
  channel: Uint8Array,
  limit: number = MAX_CHANNEL_BYTES,
): Promise<Iterable<Uint8Array>> => splitBatches(await decompress(channel, limit));

const decompress = async (channel: Uint8Array, limit: number): Promise<Uint8Array> => {
  const [first] = channel;
  if (first === undefined) throw new FormatError("empty channel");
  if (ZLIB_METHODS.includes(first & 15)) return inflate(channel, limit).bytes;
  if (first === BROTLI_CHANNEL) return unbrotli(channel.subarray(1), limit);
  throw new FormatError(`channel of unknown compression ${first}`);
};

/**
 * Every byte that is certain before the first one that cannot belong to a stream. The library tells only whether a stream is
 * bad, and drops what it held back: the longest beginning that is not bad is searched for.
 */
const unbrotli = async (data: Uint8Array, limit: number): Promise<Uint8Array> => {
  const whole = await beginning(data, limit);
  if (whole) return whole;
  let [good, bad] = [0, data.length];
  let found = new Uint8Array(0);
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const bytes = await beginning(data.subarray(0, middle), limit);
    if (bytes) [good, found] = [middle, bytes];
    else bad = middle;
  }
  return found;
};

/** Decompresses in pieces, so that a bomb costs no more than the limit; `undefined` where the data is bad. */
const beginning = async (data: Uint8Array, limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  const stream = createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
  const pieces: Uint8Array[] = [];
  let length = 0;
  stream.end(data);
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length >= limit) break;
    }
  } catch {
    return undefined;
  }
  return new Uint8Array(Buffer.concat(pieces)).subarray(0, limit);
};

function* splitBatches(bytes: Uint8Array): Iterable<Uint8Array> {
  try {
    for (let at = 0; at < bytes.length; ) {
      const item = rlpItem(bytes, at);
      yield rlpBytes(bytes, item);
      at = item.end;
    }
  } catch (error) {
    if (!(error instanceof RlpError)) throw error;
  }
}
