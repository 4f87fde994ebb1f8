import { DerivationModule } from "../wasm/derivation-module.ts";
import { FormatError } from "./errors.ts";

/** Fjord: batches beyond this many decompressed bytes of a channel do not exist. */
export const MAX_CHANNEL_BYTES = 100_000_000;
/** First byte of a channel in Brotli; that of a zlib stream names the method 8 or 15 in its low half. */
export const BROTLI_CHANNEL = 1;

/**
 * The encoded batches of a channel: its decompressed bytes are RLP strings in a row. What follows bad compression, a bad
 * item or the limit is left out. They are taken apart one by one, since there may be as many as bytes.
 *
 * @throws FormatError when the first byte names no compression, or the zlib header is bad
 */
export const decodeChannel = (channel: Uint8Array, limit: number = MAX_CHANNEL_BYTES): Iterable<Uint8Array> => {
  const module = new DerivationModule();
  module.message().u32(limit).bytes(channel);
  if (!module.ask("openChannelBytes").bool()) throw new FormatError(`channel of unknown compression ${channel[0]}`);
  return batchesOf(module);
};

function* batchesOf(module: DerivationModule): Iterable<Uint8Array> {
  for (;;) {
    module.message();
    const from = module.ask("nextChannelBatch");
    if (!from.bool()) return;
    yield from.bytes();
  }
}
