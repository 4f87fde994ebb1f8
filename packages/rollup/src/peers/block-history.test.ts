import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BlockHistory } from "./block-history.ts";

const frame = (mark: number, length = 8): Uint8Array => new Uint8Array(length).fill(mark);

describe("the history of signed blocks", () => {
  test("is one branch without a gap, whatever is added and taken back", () => {
    const step = fc.record({ number: fc.integer({ min: 0, max: 30 }), mark: fc.nat(255), rewinds: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const history = new BlockHistory();
        let model = new Map<number, number>();
        for (const { number, mark, rewinds } of steps) {
          model = new Map([...model].filter(([at]) => at < number));
          if (!rewinds) {
            if (model.size > 0 && !model.has(number - 1)) model.clear();
            model.set(number, mark);
          }
          if (rewinds) history.rewind(BigInt(number));
          else history.add(BigInt(number), frame(mark));
          const held = Array.from({ length: 31 }, (_, at) => history.at(BigInt(at))?.[0]);
          expect(held).toEqual(Array.from({ length: 31 }, (_, at) => model.get(at)));
          expect(Number(history.next - history.oldest)).toBe(model.size);
        }
      }),
    );
  });

  test("keeps the newest, by number and by size", () => {
    const history = new BlockHistory();
    for (let number = 1n; number <= 2_000n; number++) history.add(number, frame(1));
    expect([history.oldest, history.next]).toEqual([977n, 2_001n]);
    for (let number = 2_001n; number < 2_010n; number++) history.add(number, frame(2, 15 * 1024 * 1024));
    expect([history.oldest, history.next]).toEqual([2_006n, 2_010n]);
  });

  test("tells from where on readers have to read again", () => {
    const history = new BlockHistory();
    for (let number = 5n; number < 10n; number++) history.add(number, frame(1));
    const told: bigint[] = [];
    const end = history.subscribe((from) => told.push(from));
    history.rewind(7n);
    history.add(7n, frame(2));
    end();
    history.add(8n, frame(2));
    expect(told).toEqual([7n, 7n]);
  });
});
