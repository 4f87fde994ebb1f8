import { isDeepStrictEqual } from "node:util";
import {
  type BatchBlock,
  buildChannel,
  encodeBlob,
  encodeFrames,
  encodeSingularBatch,
  encodeSpanBatch,
  MAX_BLOB_DATA,
} from "@hyperion/rollup";
import fc from "fast-check";
import { type Hex, toHex } from "viem";
import {
  type CaseBlock,
  CONTEXT,
  caseBlocks,
  compressed,
  type Damage,
  damage,
  decodeHere,
  request,
  spoil,
} from "./channel-cases.ts";
import { type DecoderRequest, decodeWithOpNode } from "./op-node-decoder.ts";

const CHANNEL_ID: Hex = `0x${"c4".repeat(16)}`;
const blockHash = (number: number): Hex => toHex(BigInt(number + 1) * 0x1234_5678n ** 4n, { size: 32 });

/** A channel that the two read differently. */
export interface Difference {
  readonly case: string;
  readonly here: unknown;
  readonly opNode: unknown;
}

const numbered = (blocks: readonly CaseBlock[]): readonly BatchBlock[] =>
  blocks.map((block, i) => ({ ...block, number: BigInt(i + 1), hash: blockHash(i + 1), parentHash: blockHash(i) }));

/** Channels as the batcher makes them, in every form. Each has to be read by both, to the last block. */
export async function differencesInWhole(decoder: string, runs: number, seed: number): Promise<readonly Difference[]> {
  const cases: [string, DecoderRequest][] = [];
  for (const [i, blocks] of fc.sample(caseBlocks, { numRuns: runs, seed }).entries()) {
    for (const batches of ["span", "singular"] as const) {
      for (const compression of ["zlib", "brotli"] as const) {
        const options = { batches, compression, payloadSize: i % 2 ? 500 : MAX_BLOB_DATA };
        const payloads = buildChannel(numbered(blocks), 70n, CONTEXT, options);
        const name = `${i} ${batches} ${compression}`;
        cases.push([name, request(payloads)]);
        if (i % 10 === 0) cases.push([`${name} blobs`, request(payloads.map(encodeBlob), true)]);
      }
    }
  }
  const differences = await compare(decoder, cases);
  const unread = cases
    .filter(([, one]) => decodeHere(one).length === 0)
    .map(([name]) => ({ case: name, here: [], opNode: "" }));
  return [...differences, ...unread];
}

/** The same channels with bytes changed in a frame, in the compressed data, or in a batch. */
export async function differencesInDamaged(
  decoder: string,
  runs: number,
  seed: number,
): Promise<readonly Difference[]> {
  const samples = fc.sample(fc.tuple(caseBlocks, damage), { numRuns: runs, seed });
  const cases = samples.flatMap(([blocks, harm], i) => spoilt(numbered(blocks), harm, `${i}`));
  return compare(decoder, cases);
}

const spoilt = (blocks: readonly BatchBlock[], harm: Damage, name: string): [string, DecoderRequest][] => {
  const span = encodeSpanBatch(blocks[0]!.parentHash, 70n, blocks, CONTEXT);
  const singles = blocks.map((block) => encodeSingularBatch({ kind: "singular", ...block }));
  const forms: (readonly [string, readonly Uint8Array[], "zlib" | "brotli"])[] = [
    ["span zlib", [span, span], "zlib"],
    ["span brotli", [span, span], "brotli"],
    ["singular zlib", singles, "zlib"],
    ["singular brotli", singles, "brotli"],
  ];
  return forms.flatMap(([form, batches, compression]) => {
    const batch = [spoil(batches[0]!, harm), ...batches.slice(1)];
    const whole = compressed(batches, compression);
    const frames = payloadOf(whole);
    return [
      [`${name} ${form} batch`, request([payloadOf(compressed(batch, compression))])],
      [`${name} ${form} compression`, request([payloadOf(spoil(whole, harm))])],
      [`${name} ${form} frame`, request([spoil(frames, harm)])],
    ] satisfies [string, DecoderRequest][];
  });
};

const payloadOf = (channel: Uint8Array): Uint8Array => {
  const half = channel.length >> 1;
  const pieces = [channel.subarray(0, half), channel.subarray(half)];
  return encodeFrames(pieces.map((data, number) => ({ channelId: CHANNEL_ID, number, data, isLast: number === 1 })));
};

/**
 * Where Brotli turns out bad, what op-node read before depends on how its reads fell: it may stop earlier, but with nothing
 * else. Everywhere else the two have to agree.
 */
async function compare(
  decoder: string,
  cases: readonly (readonly [string, DecoderRequest])[],
): Promise<readonly Difference[]> {
  const requests = cases.map(([, one]) => one);
  const answers = await decodeWithOpNode(decoder, requests);
  const differences: Difference[] = [];
  for (const [i, [name, one]] of cases.entries()) {
    const here = decodeHere(one);
    const { batches, error } = answers[i]!;
    const comparable = error?.startsWith("brotli: ") ? here.slice(0, batches.length) : here;
    if (!isDeepStrictEqual(comparable, batches)) differences.push({ case: name, here, opNode: { batches, error } });
  }
  return differences;
}
