import {
  bytesToHex,
  concat,
  encodeAbiParameters,
  encodeEventTopics,
  fromRlp,
  type Hex,
  hexToBytes,
  keccak256,
  numberToHex,
  parseAbi,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { getL2TransactionHash, opaqueDataToDepositData, serializeTransaction } from "viem/op-stack";
import { afterAll, describe, expect, test } from "vitest";
import { FormatError } from "../formats/errors.ts";
import { decodeL1Attributes } from "../formats/l1-attributes.ts";
import type { L1Block, L1Log } from "../formats/l1-block.ts";
import { PORTAL, TestRollup } from "../testing/test-rollup.ts";
import { payloadAttributes } from "./payload-attributes.ts";

const rollup = await TestRollup.create();
afterAll(() => rollup.close());
const sequencer = await rollup.sequencer();
const parent = sequencer.engine.safe();
const hash = (byte: number): Hex => `0x${byte.toString(16).padStart(2, "0").repeat(32)}`;
const to: Hex = "0x1111111111111111111111111111111111111111";
const account = privateKeyToAccount(generatePrivateKey());

const originWith = (logs: readonly L1Log[]): L1Block => ({
  ...{ number: 1n, hash: hash(4), parentHash: parent.origin.hash, timestamp: parent.timestamp, logs },
  ...{ baseFee: 7n, blobBaseFee: 1n << 200n, mixHash: hash(5), parentBeaconBlockRoot: hash(6) },
});

const abi = parseAbi([
  "event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData)",
]);

const log = (opaqueData: Hex, version = 0n): L1Log => ({
  address: PORTAL,
  topics: encodeEventTopics({ abi, args: { from: account.address, to, version } }).map(
    (topic) => (topic as string).toLowerCase() as Hex,
  ),
  data: hexToBytes(encodeAbiParameters([{ type: "bytes" }], [opaqueData])),
  index: 5,
});

const deposits = (...logs: readonly L1Log[]): Uint8Array[] =>
  payloadAttributes(rollup.config, parent, parent.timestamp + 2n, originWith(logs), []).transactions.slice(1);

describe("deposits", () => {
  const opaque = (creation: Hex, data: Hex = "0xabcd"): Hex =>
    concat([
      numberToHex(7n, { size: 32 }),
      numberToHex(3n, { size: 32 }),
      numberToHex(9n, { size: 8 }),
      creation,
      data,
    ]);

  test.each<Hex>(["0xabcd", "0x", "0x07", "0x80", `0x${"5a".repeat(300)}`])(
    "from events are the transactions that viem expects: %s",
    (data) => {
      const [call, creation] = deposits(log(opaque("0x00", data)), log(opaque("0x01", data)));
      const args = { opaqueData: opaque("0x00", data), from: account.address, to };
      const expected = getL2TransactionHash({ log: { args, blockHash: hash(4), logIndex: 5 } as never });
      expect(keccak256(call!)).toBe(expected);
      expect(opaqueDataToDepositData(args.opaqueData)).toMatchObject({ mint: 7n, value: 3n, gas: 9n });
      const [sourceHash] = fromRlp(call!.subarray(1), "hex") as Hex[];
      const fields = { sourceHash: sourceHash!, from: account.address, mint: 7n, value: 3n, gas: 9n, data };
      expect(bytesToHex(creation!)).toBe(serializeTransaction({ type: "deposit", ...fields }));
    },
  );

  test("of unknown version or form, or of another contract, are none", () => {
    const good = log(opaque("0x00"));
    expect(deposits(good)).toHaveLength(1);
    const bad: L1Log[] = [
      log(`0x${"00".repeat(73)}`, 1n),
      log(`0x${"00".repeat(72)}`),
      { ...good, data: good.data.slice(0, 31) },
      { ...good, data: Buffer.concat([good.data, new Uint8Array(32)]) },
      { ...good, data: good.data.slice(0, -32) },
      { ...good, topics: [] },
      { ...good, topics: good.topics.slice(0, 3) },
      { ...good, address: to },
    ];
    expect(deposits(...bad)).toEqual([]);
  });

  test("come with the first block of an epoch only", () => {
    const origin = { ...originWith([log(opaque("0x00"))]), number: 0n, hash: parent.origin.hash };
    expect(payloadAttributes(rollup.config, parent, parent.timestamp + 2n, origin, []).transactions).toHaveLength(1);
  });
});

describe("L1 attributes", () => {
  const dataOf = (jovian: boolean): Uint8Array => {
    const config = jovian ? { ...rollup.config, jovianTime: 0n } : rollup.config;
    const { transactions, block } = payloadAttributes(config, parent, parent.timestamp + 2n, originWith([]), []);
    expect(block.extraData).toEqual(
      hexToBytes(jovian ? `0x01000000fa00000006${"00".repeat(8)}` : "0x00000000fa00000006"),
    );
    const [, from, recipient, mint, value, gas, isSystem, data] = fromRlp(transactions[0]!.subarray(1), "hex") as Hex[];
    expect([from, recipient]).toEqual([`0x${"deaddead".repeat(4)}dead0001`, `0x42${"00".repeat(18)}15`]);
    expect([mint, value, gas, isSystem]).toEqual(["0x", "0x", numberToHex(1_000_000, { size: 3 }), "0x"]);
    return hexToBytes(data!);
  };

  test("are what the block's origin and configuration say", () => {
    const data = dataOf(false);
    expect(data).toHaveLength(176);
    expect(bytesToHex(data.subarray(0, 4))).toBe(keccak256(Buffer.from("setL1BlockValuesIsthmus()")).slice(0, 10));
    const { batcher, baseFeeScalar, blobBaseFeeScalar } = parent.systemConfig;
    const attributes = {
      ...{ number: 1n, timestamp: parent.timestamp, baseFee: 7n, blobBaseFee: 1n << 200n, hash: hash(4) },
      ...{ sequenceNumber: 0n, batcher, baseFeeScalar, blobBaseFeeScalar },
      ...{ operatorFeeScalar: 0, operatorFeeConstant: 0n },
    };
    expect(decodeL1Attributes(data)).toEqual(attributes);
    const jovian = dataOf(true);
    expect(bytesToHex(jovian.subarray(0, 4))).toBe(keccak256(Buffer.from("setL1BlockValuesJovian()")).slice(0, 10));
    expect(decodeL1Attributes(jovian)).toEqual({ ...attributes, daFootprintGasScalar: 400 });
  });

  test("of other lengths are refused", () => {
    const jovian = dataOf(true);
    for (let length = 0; length < 178; length++) {
      if (length !== 176) expect(() => decodeL1Attributes(jovian.slice(0, length))).toThrow(FormatError);
    }
    expect(() => decodeL1Attributes(Uint8Array.from([...jovian, 0]))).toThrow(FormatError);
  });
});
