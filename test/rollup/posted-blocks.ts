import { brotliDecompressSync, inflateSync } from "node:zlib";
import { BeaconBlobs, L1Client, type RollupConfig } from "@hyperion/rollup";
import { fromRlp, type Hex } from "viem";

const FRAME_HEAD = 22;
const SPAN_HASHES = 40;

/**
 * Timestamps of the L2 blocks that lie on L1 in complete channels, as often as they do. Reads the formats by the
 * specification alone.
 */
export const postedBlocks = async (url: string, config: RollupConfig): Promise<readonly number[]> => {
  const blobs = new BeaconBlobs(url, { byNumber: true });
  const l1 = new L1Client({ urls: [url], blobs, config });
  const { number: head } = await l1.head();
  const channels = new Map<string, Buffer>();
  const posted: number[] = [];
  for (let number = config.genesis.l1.number + 1n; number <= head; number++) {
    const block = (await l1.block(number))!;
    for (const payload of await l1.payloads(block, config.batchInbox, config.genesis.systemConfig.batcher)) {
      for (const { id, data, isLast } of framesOf(Buffer.from(payload))) {
        const channel = Buffer.concat([channels.get(id) ?? Buffer.alloc(0), data]);
        channels.set(id, channel);
        if (isLast) posted.push(...batchesOf(channel).flatMap((batch) => timestampsOf(batch, config)));
      }
    }
  }
  return posted;
};

const framesOf = (payload: Buffer): { id: string; data: Buffer; isLast: boolean }[] => {
  const frames = [];
  for (let at = 1; at < payload.length; ) {
    const length = payload.readUInt32BE(at + 18);
    const end = at + FRAME_HEAD + length;
    const id = payload.toString("hex", at, at + 16);
    frames.push({ id, data: payload.subarray(at + FRAME_HEAD, end), isLast: payload[end] === 1 });
    at = end + 1;
  }
  return frames;
};

const batchesOf = (channel: Buffer): Buffer[] => {
  const bytes = channel[0] === 1 ? brotliDecompressSync(channel.subarray(1)) : inflateSync(channel);
  const batches = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at]!;
    const sizeBytes = Math.max(0, first - 0xb7);
    const length = sizeBytes > 0 ? bytes.readUIntBE(at + 1, sizeBytes) : first - 0x80;
    const start = at + 1 + sizeBytes;
    batches.push(bytes.subarray(start, start + length));
    at = start + length;
  }
  return batches;
};

const timestampsOf = (batch: Buffer, { genesis, blockTime }: RollupConfig): number[] => {
  if (batch[0] === 0) {
    const fields = fromRlp(Uint8Array.from(batch.subarray(1)), "hex") as Hex[];
    return [Number(fields[3])];
  }
  const [time, afterTime] = uvarint(batch, 1);
  const [, afterOrigin] = uvarint(batch, afterTime);
  const [count] = uvarint(batch, afterOrigin + SPAN_HASHES);
  const first = Number(genesis.l2Time) + time;
  return Array.from({ length: count }, (_, index) => first + index * Number(blockTime));
};

const uvarint = (bytes: Buffer, start: number): readonly [value: number, end: number] => {
  let value = 0;
  let at = start;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++]!;
    value += (byte & 127) * factor;
    if (byte < 128) return [value, at];
  }
};
