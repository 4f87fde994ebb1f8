import { describe, expect, it } from "vitest";
import { GenesisError, parseGenesis, presetConfig } from "./index.ts";

const minimal = {
  config: { chainId: 1337, homesteadBlock: 0, londonBlock: 5, terminalTotalDifficulty: 0, shanghaiTime: "0x0a" },
  gasLimit: "0x1c9c380",
  difficulty: "1",
  alloc: { "1111111111111111111111111111111111111111": { balance: "0x10", storage: { "0x01": "0x02" } } },
};

describe("parseGenesis", () => {
  it("reads forks, header and allocation", () => {
    const { config, genesis } = parseGenesis(minimal);
    expect(config.chainId).toBe(1337n);
    expect(config.forks).toEqual([
      { fork: "frontier", block: 0n },
      { fork: "homestead", block: 0n },
      { fork: "london", block: 5n },
      { fork: "paris", block: 0n },
      { fork: "shanghai", timestamp: 10n },
    ]);
    expect(genesis.header).toMatchObject({ gasLimit: 30_000_000n, difficulty: 1n, number: 0n });
    expect(genesis.header.baseFeePerGas).toBeUndefined();
    const [address, account] = genesis.alloc[0]!;
    expect(address).toEqual(new Uint8Array(20).fill(0x11));
    expect(account.balance).toBe(16n);
    expect(account.state?.map(([key, value]) => [key[31], value[31]])).toEqual([[1, 2]]);
  });

  it("reads the rules of a rollup, and refuses those it does not have", () => {
    const optimism = { eip1559Elasticity: 6, eip1559Denominator: 50, eip1559DenominatorCanyon: 250 };
    const parse = (fields: object): unknown =>
      parseGenesis({ ...minimal, config: { ...minimal.config, optimism, ...fields } }).config.rollup;
    expect(parse({ isthmusTime: 0 })).toEqual({ baseFeeDenominator: 250, elasticity: 6 });
    expect(parse({ isthmusTime: 0, jovianTime: 9 })).toMatchObject({ jovianTime: 9n });
    expect(() => parse({ isthmusTime: 5 })).toThrow(GenesisError);
    expect(() => parse({ isthmusTime: 0, optimism: { ...optimism, eip1559Elasticity: 0 } })).toThrow(GenesisError);
  });

  it("gives the header the fields of the forks that are active at genesis", () => {
    const time = { shanghaiTime: 0, cancunTime: 0, pragueTime: 0 };
    const blobSchedule = { cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3338477 } };
    const { config, genesis } = parseGenesis({
      ...minimal,
      config: { ...minimal.config, londonBlock: 0, ...time, blobSchedule },
    });
    expect(genesis.header).toMatchObject({ baseFeePerGas: 1_000_000_000n, blobGasUsed: 0n, excessBlobGas: 0n });
    expect(genesis.header.requestsHash).toHaveLength(32);
    expect(config.blobSchedule).toEqual([{ timestamp: 0n, target: 3, max: 6, baseFeeUpdateFraction: 3_338_477n }]);
  });

  it.each<[string, unknown]>([
    ["document", null],
    ["config", {}],
    ["config.chainId", { ...minimal, config: { ...minimal.config, chainId: -1 } }],
    ["config.chainId", { ...minimal, config: { ...minimal.config, chainId: "0x10000000000000000" } }],
    ["config.blobSchedule", { ...minimal, config: { ...minimal.config, cancunTime: 20 } }],
    ["config.mergeNetsplitBlock", { ...minimal, config: { ...minimal.config, terminalTotalDifficulty: 5 } }],
    ["gasLimit", { ...minimal, gasLimit: undefined }],
    ["extraData", { ...minimal, extraData: "0x1" }],
    ["alloc.0x12", { ...minimal, alloc: { "0x12": {} } }],
    [
      "alloc.1111111111111111111111111111111111111111.balance",
      { ...minimal, alloc: { [`${"1".repeat(40)}`]: { balance: "x" } } },
    ],
  ])("names %s when it is wrong", (path, json) => {
    expect(() => parseGenesis(json)).toThrow(GenesisError);
    expect(() => parseGenesis(json)).toThrow(path);
  });
});

describe("presetConfig", () => {
  it("activates every fork up to the named one", () => {
    expect(
      presetConfig("Istanbul")!
        .forks.map(({ fork }) => fork)
        .at(-1),
    ).toBe("istanbul");
    expect(presetConfig("Cancun", 5n)).toMatchObject({
      chainId: 5n,
      blobSchedule: [{ timestamp: 0n, target: 3, max: 6 }],
    });
    expect(presetConfig("Atlantis")).toBeUndefined();
  });

  it("switches by timestamp where the name says so", () => {
    const config = presetConfig("CancunToPragueAtTime15k")!;
    expect(config.forks.filter(({ timestamp }) => timestamp !== undefined)).toEqual([
      { fork: "prague", timestamp: 15_000n },
    ]);
    expect(config.blobSchedule.map(({ timestamp, max }) => [timestamp, max])).toEqual([
      [0n, 6],
      [15_000n, 9],
    ]);
    expect(presetConfig("BPO1ToBPO2AtTime15k")!.blobSchedule.at(-1)).toMatchObject({ target: 14, max: 21 });
  });
});
