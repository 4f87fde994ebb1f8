import fc from "fast-check";
import { bytesToHex } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RollupConfig } from "../config/rollup-config.ts";
import { TestRollup, type TestSequencer } from "../testing/test-rollup.ts";
import { SnapshotError } from "./errors.ts";
import { type BlockStore, checkSnapshotBlocks, firstWholeBlock, type StoredParts } from "./snapshot-blocks.ts";

const HEIGHT = 60n;
/** Small, so that the test's blocks reach further back than derivation does. L1 blocks. */
const WINDOW = { channelTimeout: 1n, sequencingWindow: 2n } as const;

let rollup: TestRollup;
let sequencer: TestSequencer;
let config: RollupConfig;

beforeAll(async () => {
  rollup = await TestRollup.create();
  sequencer = await rollup.sequencer();
  config = { ...rollup.config, ...WINDOW };
  for (let i = 0; i < Number(HEIGHT); i++) {
    if (i % 6 === 0) rollup.l1.mine();
    await sequencer.build(i % 3);
  }
});

afterAll(() => rollup.close());

interface Held {
  hash: Uint8Array;
  header: Uint8Array;
  parts?: StoredParts;
}

/** What a snapshot has: whole blocks from `wholeFrom` on, headers from `headersFrom` on, and genesis. */
const held = (wholeFrom: bigint, headersFrom = 1n): Map<bigint, Held> => {
  const blocks = new Map<bigint, Held>();
  for (const number of [
    0n,
    ...Array.from({ length: Number(HEIGHT - headersFrom) + 1 }, (_, i) => headersFrom + BigInt(i)),
  ]) {
    const { hash, header, body, execution } = sequencer.chain.block(number)!.record;
    blocks.set(number, {
      hash,
      header,
      ...((number === 0n || number >= wholeFrom) && { parts: { header, body, execution } }),
    });
  }
  return blocks;
};

const storeOf = (blocks: ReadonlyMap<bigint, Held>): BlockStore => {
  const byHash = (hash: Uint8Array): Held | undefined =>
    [...blocks.values()].find((block) => bytesToHex(block.hash) === bytesToHex(hash));
  return {
    canonicalHash: (number) => blocks.get(number)?.hash,
    header: (hash) => byHash(hash)?.header,
    block: (hash) => byHash(hash)?.parts,
  };
};

const check = (
  blocks: ReadonlyMap<bigint, Held>,
  changed: { headers?: number; root?: Uint8Array; of?: RollupConfig } = {},
) => {
  const { stateRoot } = sequencer.chain.head().header;
  const state = { height: HEIGHT, root: changed.root ?? stateRoot, headers: changed.headers ?? blocks.size };
  return checkSnapshotBlocks(storeOf(blocks), state, changed.of ?? config);
};

const code = (work: () => unknown): string => {
  try {
    work();
    return "none";
  } catch (error) {
    expect(error).toBeInstanceOf(SnapshotError);
    return (error as SnapshotError).code;
  }
};

describe("the blocks of a snapshot", () => {
  test("reach as far back as derivation may ask, and no further", () => {
    const first = firstWholeBlock(storeOf(held(1n)), HEIGHT, config);
    const [head, before, at] = [HEIGHT, first + 1n, first].map(
      (number) => sequencer.engine.block(number)!.origin.number,
    );
    expect(at).toBe(head! - WINDOW.channelTimeout - WINDOW.sequencingWindow);
    expect(before).toBeGreaterThan(at!);
    expect(code(() => firstWholeBlock(storeOf(held(first + 1n)), HEIGHT, config))).toBe("SNAPSHOT_INCOMPLETE");
    expect(firstWholeBlock(storeOf(held(1n)), HEIGHT, rollup.config)).toBe(1n);
  });

  test("that are all there give the output root of the newest", () => {
    const first = firstWholeBlock(storeOf(held(1n)), HEIGHT, config);
    for (const blocks of [held(1n), held(first), held(first, 30n)]) {
      expect(check(blocks)).toEqual({
        ...{ number: HEIGHT, hash: sequencer.engine.unsafe().hash },
        outputRoot: sequencer.engine.outputRoot(HEIGHT),
      });
    }
  });

  test("that are too few, too many, or of another chain are refused", () => {
    const first = firstWholeBlock(storeOf(held(1n)), HEIGHT, config);
    expect(code(() => check(held(first + 1n)))).toBe("SNAPSHOT_INCOMPLETE");
    expect(code(() => check(held(first), { headers: Number(HEIGHT) + 2 }))).toBe("SNAPSHOT_INVALID");
    expect(code(() => check(held(first), { root: new Uint8Array(32) }))).toBe("SNAPSHOT_INVALID");
    const gap = held(first);
    gap.delete(20n);
    expect(code(() => check(gap))).toBe("SNAPSHOT_INVALID");
    const l2 = { number: 0n, hash: sequencer.engine.unsafe().hash };
    const of = { ...config, genesis: { ...config.genesis, l2 } };
    expect(code(() => check(held(first), { of }))).toBe("SNAPSHOT_FOREIGN");
  });

  test("with any byte changed, or the parts of another block, are refused", () => {
    const first = firstWholeBlock(storeOf(held(1n)), HEIGHT, config);
    const number = fc.bigInt(1n, HEIGHT);
    fc.assert(
      fc.property(
        number,
        fc.constantFrom("header", "body"),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (at, part, place, change) => {
          const blocks = held(first);
          const block = blocks.get(at)!;
          const spoil = (bytes: Uint8Array): Uint8Array => {
            const copy = Uint8Array.from(bytes);
            copy[place % copy.length]! ^= change;
            return copy;
          };
          if (part === "body" && !block.parts) return;
          const header = part === "header" ? spoil(block.header) : block.header;
          const parts = block.parts && {
            ...block.parts,
            header,
            ...(part === "body" && { body: spoil(block.parts.body) }),
          };
          blocks.set(at, { ...block, header, ...(parts && { parts }) });
          expect(code(() => check(blocks))).toBe("SNAPSHOT_INVALID");
        },
      ),
      { numRuns: 60 },
    );
    fc.assert(
      fc.property(
        fc.bigInt(first, HEIGHT),
        fc.bigInt(first, HEIGHT),
        fc.constantFrom("body", "execution"),
        (at, from, part) => {
          const blocks = held(first);
          const [block, other] = [blocks.get(at)!, blocks.get(from)!];
          blocks.set(at, { ...block, parts: { ...block.parts!, [part]: other.parts![part] } });
          expect(code(() => check(blocks))).toBe(at === from ? "none" : "SNAPSHOT_INVALID");
        },
      ),
      { numRuns: 40 },
    );
  });
});
