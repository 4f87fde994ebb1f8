import { describe, expect, it } from "vitest";
import { blockParameter } from "./block.ts";
import { callParameter, stateOverrides } from "./call.ts";
import { logFilter } from "./filter.ts";
import { address, bytes, hash, quantity64, quantity256, storageKey } from "./scalars.ts";

const problemOf = (result: { error?: { issues: readonly { message: string }[] } | undefined }): string | undefined =>
  result.error?.issues[0]?.message;

describe("scalar schemas", () => {
  it.each([
    [quantity256, "0x0", 0n],
    [quantity256, `0x${"f".repeat(64)}`, 2n ** 256n - 1n],
    [quantity64, "0xffffffffffffffff", 2n ** 64n - 1n],
    [bytes, "0x", Buffer.alloc(0)],
    [bytes, "0X0aFF", Buffer.from([10, 255])],
  ])("%# accepts %s", (schema, value, expected) => {
    expect(schema.parse(value)).toEqual(expected);
  });

  it.each([
    [quantity256, "1", "hex string without 0x prefix"],
    [quantity256, "0x", 'hex string "0x"'],
    [quantity256, "", "empty hex string"],
    [quantity256, "0x01", "hex number with leading zero digits"],
    [quantity256, "0xzz", "invalid hex string"],
    [quantity256, `0x1${"0".repeat(64)}`, "hex number > 256 bits"],
    [quantity64, "0x10000000000000000", "hex number > 64 bits"],
    [quantity256, 5, "quantity must be a hex string"],
    [quantity256, {}, "quantity must be a hex string"],
    [bytes, "0xabc", "hex string of odd length"],
    [bytes, "0x0g", "invalid hex string"],
    [bytes, null, "data must be a hex string"],
    [address, "0x00", "hex string has length 2, want 40 for common.Address"],
    [hash, "0x00", "hex string has length 2, want 64 for common.Hash"],
    [storageKey, "0xasdf", 'invalid hex in storage key: "0xasdf"'],
    [storageKey, `0x${"0".repeat(65)}`, `storage key too long (want at most 32 bytes): "0x${"0".repeat(65)}"`],
  ])("%# refuses %j", (schema, value, message) => {
    expect(problemOf(schema.safeParse(value))).toBe(message);
  });

  it("pads short storage keys", () => {
    expect(storageKey.parse("0x1")).toEqual(Buffer.from("1".padStart(64, "0"), "hex"));
  });
});

describe("block parameter", () => {
  const HASH = `0x${"ab".repeat(32)}`;

  it("understands tags, numbers, hashes and EIP-1898 objects", () => {
    const bytesOfHash = Buffer.from("ab".repeat(32), "hex");
    expect(blockParameter.parse("latest").ref).toBe("latest");
    expect(blockParameter.parse("0x10").ref).toBe(16n);
    expect(blockParameter.parse(HASH).ref).toEqual(bytesOfHash);
    expect(blockParameter.parse({ blockNumber: "0x2" }).ref).toBe(2n);
    expect(blockParameter.parse({ blockHash: HASH, requireCanonical: true })).toEqual({
      ref: bytesOfHash,
      requireCanonical: true,
    });
  });

  it.each([["newest"], [{}], [{ blockHash: HASH, blockNumber: "0x1" }], [5], [[]], ["0x8000000000000000"]])(
    "refuses %j",
    (value) => {
      expect(blockParameter.safeParse(value).success).toBe(false);
    },
  );
});

describe("call parameter", () => {
  it("merges data and input and drops absent fields", () => {
    expect(callParameter.parse({ data: "0x01", input: "0x01", to: null, gas: "0x5" })).toEqual({
      data: Buffer.from([1]),
      gas: 5n,
    });
  });

  it.each([
    [{ data: "0x01", input: "0x02" }],
    [{ gasPrice: "0x1", maxFeePerGas: "0x1" }],
    [{ blobVersionedHashes: [] }],
    [{ blobVersionedHashes: [`0x01${"00".repeat(31)}`] }],
  ])("calls %j contradictory", (value) => {
    expect(() => callParameter.safeParse(value)).toThrowError(expect.objectContaining({ code: -32000 }));
  });

  it.each([[{ accessList: [{ address: "0x00", storageKeys: [] }] }], ["0x"], [[]]])("refuses %j", (value) => {
    expect(callParameter.safeParse(value).success).toBe(false);
  });

  it("takes an override's storage as state or as difference, not both", () => {
    const account = `0x${"00".repeat(20)}`;
    const both = { [account]: { state: {}, stateDiff: {} } };
    expect(() => stateOverrides.safeParse(both)).toThrowError(expect.objectContaining({ code: -32000 }));
    expect(stateOverrides.parse({ [account]: { balance: "0x1" } })).toEqual([[Buffer.alloc(20), { balance: 1n }]]);
  });
});

describe("log filter", () => {
  it("takes one or many addresses and topics, null for any", () => {
    const topic = `0x${"11".repeat(32)}`;
    expect(logFilter.parse({ address: `0x${"22".repeat(20)}`, topics: [null, topic, [topic, topic], []] })).toEqual({
      addresses: [Buffer.alloc(20, 0x22)],
      topics: [undefined, [Buffer.alloc(32, 0x11)], [Buffer.alloc(32, 0x11), Buffer.alloc(32, 0x11)], []],
    });
  });

  it("refuses more than four topics and a block hash with a range", () => {
    expect(logFilter.safeParse({ topics: [null, null, null, null, null] }).success).toBe(false);
    expect(logFilter.safeParse({ blockHash: `0x${"11".repeat(32)}`, fromBlock: "0x1" }).success).toBe(false);
  });
});
