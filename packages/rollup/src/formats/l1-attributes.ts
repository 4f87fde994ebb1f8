import { type Address, bytesToHex, type Hex } from "viem";
import { ByteReader } from "./byte-reader.ts";
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
const ISTHMUS_SELECTOR: Hex = "0x098999be";
const JOVIAN_SELECTOR: Hex = "0x3db6be2b";

/** @throws FormatError */
export const decodeL1Attributes = (data: Uint8Array): L1Attributes => {
  const reader = new ByteReader(data);
  const selector = bytesToHex(reader.fixed(4));
  const jovian = selector === JOVIAN_SELECTOR;
  if (!jovian && selector !== ISTHMUS_SELECTOR) throw new FormatError(`L1 attributes by ${selector}`);
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
