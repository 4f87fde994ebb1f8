import { describe, expect, test } from "vitest";
import { differencesInDamaged, differencesInWhole } from "./differences.ts";
import { opNodeDecoder } from "./op-node-build.ts";

const { path, reason } = await opNodeDecoder(false);

describe.skipIf(path === undefined)(`op-node's batch decoder${reason ? ` (skipped: ${reason})` : ""}`, () => {
  test("reads what the batcher writes: spans and single batches, zlib and Brotli, calldata and blobs", async () => {
    expect(await differencesInWhole(path!, 40, 1)).toEqual([]);
  });

  test("finds the same in channels that were spoilt: frames, compression and batches", async () => {
    expect(await differencesInDamaged(path!, 100, 1)).toEqual([]);
  });
});
