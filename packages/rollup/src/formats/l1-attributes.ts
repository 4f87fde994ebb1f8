import { type Address, bytesToHex, type Hex, hexToBytes } from "viem";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { type DepositTransaction, l1AttributesSource } from "./deposit.ts";
import { FormatError } from "./errors.ts";

/** What every L2 block is told of its L1 origin, by its first transaction. */
export interface L1Attributes {
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly baseFee: bigint;
  readonly blobBaseFee: bigint;
  readonly hash: Hex;
  /** Blocks of the same origin before this one. */
  readonly sequenceNumber: bigint;
  readonly batcher: Address;
  readonly baseFeeScalar: number;
  readonly blobBaseFeeScalar: number;
  readonly operatorFeeScalar: number;
  readonly operatorFeeConstant: bigint;
  /** Jovian. */
  readonly daFootprintGasScalar?: number;
}

/** setL1BlockValuesIsthmus() and setL1BlockValuesJovian(). */
const ISTHMUS_SELECTOR = hexToBytes("0x098999be");
const JOVIAN_SELECTOR = hexToBytes("0x3db6be2b");

export const L1_ATTRIBUTES_DEPOSITOR: Address = "0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001";
export const L1_BLOCK_ADDRESS: Address = "0x4200000000000000000000000000000000000015";
const ATTRIBUTES_GAS = 1_000_000n;
/** Jovian: gas per byte where the system configuration says zero. */
const DEFAULT_FOOTPRINT_SCALAR = 400;

/** Isthmus' 176 bytes, or Jovian's 178 where there is a footprint scalar. */
export const encodeL1Attributes = (attributes: L1Attributes): Uint8Array => {
  const { daFootprintGasScalar: footprint } = attributes;
  const writer = new ByteWriter()
    .bytes(footprint === undefined ? ISTHMUS_SELECTOR : JOVIAN_SELECTOR)
    .u32(attributes.baseFeeScalar)
    .u32(attributes.blobBaseFeeScalar)
    .u64(attributes.sequenceNumber)
    .u64(attributes.timestamp)
    .u64(attributes.number)
    .u256(attributes.baseFee)
    .u256(attributes.blobBaseFee)
    .bytes(hexToBytes(attributes.hash))
    .bytes(new Uint8Array(12))
    .bytes(hexToBytes(attributes.batcher))
    .u32(attributes.operatorFeeScalar)
    .u64(attributes.operatorFeeConstant);
  if (footprint !== undefined) writer.u16(footprint === 0 ? DEFAULT_FOOTPRINT_SCALAR : footprint);
  return writer.finish();
};

/** @throws FormatError */
export const decodeL1Attributes = (data: Uint8Array): L1Attributes => {
  const reader = new ByteReader(data);
  const selector = bytesToHex(reader.fixed(4));
  const jovian = selector === bytesToHex(JOVIAN_SELECTOR);
  if (!jovian && selector !== bytesToHex(ISTHMUS_SELECTOR)) throw new FormatError(`L1 attributes by ${selector}`);
  const [baseFeeScalar, blobBaseFeeScalar] = [reader.u32(), reader.u32()];
  const [sequenceNumber, timestamp, number] = [reader.u64(), reader.u64(), reader.u64()];
  const [baseFee, blobBaseFee] = [reader.u256(), reader.u256()];
  const hash = bytesToHex(reader.fixed(32));
  if (reader.fixed(12).some((byte) => byte !== 0)) throw new FormatError("L1 attributes: the batcher is no address");
  const batcher = bytesToHex(reader.fixed(20));
  const [operatorFeeScalar, operatorFeeConstant] = [reader.u32(), reader.u64()];
  const footprint = jovian ? { daFootprintGasScalar: reader.u16() } : {};
  if (reader.left > 0) throw new FormatError(`L1 attributes of ${data.length} bytes`);
  return {
    ...{ number, timestamp, baseFee, blobBaseFee, hash, sequenceNumber, batcher, baseFeeScalar, blobBaseFeeScalar },
    ...{ operatorFeeScalar, operatorFeeConstant },
    ...footprint,
  };
};

/** The first transaction of a block with these attributes. */
export const l1AttributesDeposit = (attributes: L1Attributes): DepositTransaction => ({
  sourceHash: l1AttributesSource(attributes.hash, attributes.sequenceNumber),
  from: L1_ATTRIBUTES_DEPOSITOR,
  to: L1_BLOCK_ADDRESS,
  mint: 0n,
  value: 0n,
  gas: ATTRIBUTES_GAS,
  data: encodeL1Attributes(attributes),
});
