import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteMap } from "./byte-map.ts";
import { text } from "./keys.ts";

test("answers as a Map of strings does", () => {
  const keys = fc.uint8Array({ maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(keys, fc.nat()), { size: "+2", maxLength: 2000 }), fc.array(keys), (sets, others) => {
      const [bytes, strings] = [new ByteMap<number>(), new Map<string, number>()];
      for (const [key, value] of sets) {
        bytes.set(key, value);
        strings.set(text(key), value);
      }
      expect(bytes.size).toBe(strings.size);
      for (const key of [...sets.map(([set]) => set), ...others]) {
        expect(bytes.get(key)).toBe(strings.get(text(key)));
        expect(bytes.has(key)).toBe(strings.has(text(key)));
      }
    }),
  );
});
