import { expect, test } from "vitest";
import { FollowingOrdering } from "./following-ordering.ts";

test("a follower hands transactions on, or says that it cannot", async () => {
  const forwarded: Uint8Array[] = [];
  const hash = new Uint8Array(32).fill(7);
  const ordering = new FollowingOrdering(async (raw) => {
    forwarded.push(raw);
    return hash;
  });
  expect(await ordering.submit(Uint8Array.of(2, 3))).toBe(hash);
  expect(forwarded).toEqual([Uint8Array.of(2, 3)]);
  expect(ordering.leadership()).toEqual({ leading: false, kind: "following" });
  await expect(new FollowingOrdering().submit(Uint8Array.of(2))).rejects.toMatchObject({ code: "NO_SEQUENCER" });
});
