import fc from "fast-check";
import { expect, test } from "vitest";
import { type ChannelChoice, fullestChannel } from "./fullest-channel.ts";

const SIZE = 1_000;

/** A choice among blocks whose bytes compress as said, and what was compressed for it. */
const choice = (
  weights: readonly number[],
  ratio: number,
  isDue: boolean,
): ChannelChoice & { readonly built: number[] } => {
  const built: number[] = [];
  const build = (count: number): readonly Uint8Array[] => {
    built.push(count);
    const bytes = Math.ceil(ratio * weights.slice(0, count).reduce((sum, weight) => sum + weight, 0));
    const payloads = Math.max(1, Math.ceil(bytes / SIZE));
    return Array.from({ length: payloads }, (_, i) => new Uint8Array(Math.min(SIZE, bytes - i * SIZE)));
  };
  return { weights, payloadSize: SIZE, build, isDue, built };
};

test("little waits until it is due, and is not compressed before", () => {
  const early = choice([100, 100, 100], 0.5, false);
  expect(fullestChannel(early)).toBeUndefined();
  expect(early.built).toEqual([]);
  expect(fullestChannel(choice([100, 100, 100], 0.5, true))?.count).toBe(3);
});

test("a channel ends where its payloads are full", () => {
  expect(fullestChannel(choice(Array(25).fill(100), 0.5, false))?.count).toBe(19);
  expect(fullestChannel(choice(Array(20).fill(100), 0.5, false))?.count).toBe(20);
  expect(fullestChannel(choice([1_950, 1_950, 100], 0.5, false))?.count).toBe(3);
});

test("payloads are full, or everything that is due goes", () => {
  const weights = fc.array(fc.integer({ min: 4, max: 5_000 }), { minLength: 1, maxLength: 60 });
  const ratio = fc.double({ min: 0.05, max: 1, noNaN: true });
  fc.assert(
    fc.property(weights, ratio, fc.boolean(), (blocks, compression, isDue) => {
      const channel = fullestChannel(choice(blocks, compression, isDue));
      if (!channel) return !isDue;
      const bytes = channel.payloads.reduce((sum, { length }) => sum + length, 0);
      return bytes >= 0.95 * SIZE * channel.payloads.length || (isDue && channel.count === blocks.length);
    }),
  );
});
