import type { ChainConfig } from "@hyperion/kernel";
import { describe, expect, it } from "vitest";
import { configurationTimes, forkHash, forkIdBlocks } from "./fork-schedule.ts";

const MAINNET_GENESIS = Buffer.from("d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3", "hex");

const config: ChainConfig = {
  chainId: 1n,
  forks: [
    { fork: "frontier", block: 0n },
    { fork: "homestead", block: 1_150_000n },
    { fork: "shanghai", timestamp: 1_681_338_455n },
  ],
  blobSchedule: [],
};

describe("fork schedule", () => {
  it("hashes genesis and passed activations (vectors of EIP-2124)", () => {
    const genesis = { hash: MAINNET_GENESIS, header: { timestamp: 0n } };
    const noForks = { ...config, forks: [] };
    expect(forkHash(noForks, genesis, [], 0n)).toBe("0xfc64ec04");
    expect(forkHash(noForks, genesis, [1_150_000n], 0n)).toBe("0x97c2c34c");
    expect(forkHash(config, genesis, [1_920_000n], 0n)).toBe("0x91d1f948");
  });

  it("finds the configurations around a time", () => {
    expect(configurationTimes(config, 0n, 5n)).toEqual({ current: 0n, next: 1_681_338_455n, last: 1_681_338_455n });
    expect(configurationTimes(config, 0n, 1_700_000_000n).current).toBe(1_681_338_455n);
  });

  it("reads bomb delays from a genesis configuration", () => {
    expect(forkIdBlocks({ muirGlacierBlock: 9, arrowGlacierBlock: "x", homesteadBlock: 1 })).toEqual([9n]);
  });
});
