/** What every L2 block is told of its L1 origin, by its first transaction: Isthmus' 176 bytes, or Jovian's 178. */
import { reserve } from "../../../kernel/assembly/memory/heap";
import { storeBE } from "../../../kernel/assembly/u256/word";
import { putSystemDeposit } from "./deposit";
import { BATCHER_ADDRESS, SYSTEM } from "./system-config";

/** setL1BlockValuesIsthmus() and setL1BlockValuesJovian(). */
const ISTHMUS_SELECTOR: u32 = 0x098999be;
const JOVIAN_SELECTOR: u32 = 0x3db6be2b;
const ISTHMUS_LENGTH: u32 = 176;
const JOVIAN_LENGTH: u32 = 178;
const GAS: u64 = 1_000_000;
/** Jovian: gas per byte where the system configuration says zero. */
const DEFAULT_FOOTPRINT_SCALAR: u32 = 400;
const DEPOSITOR: usize = memory.data<u8>([
  0xde, 0xad, 0xde, 0xad, 0xde, 0xad, 0xde, 0xad, 0xde, 0xad, 0xde, 0xad, 0xde, 0xad, 0xde, 0xad, 0xde, 0xad, 0x00,
  0x01,
]);
const L1_BLOCK: usize = memory.data<u8>([0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x15]);

/** An L1 block as L2 is told of it. */
@unmanaged
export class L1Facts {
  number: u64;
  time: u64;
  /** 32 bytes. */
  hash: usize;
  /** Words. */
  baseFee: usize;
  blobBaseFee: usize;
}

let data: usize = 0;

/** Once per instance. */
export function initL1Attributes(): void {
  data = reserve(JOVIAN_LENGTH);
}

/** Appends the first transaction of a block to the answer, behind its length. */
export function putL1Attributes(l1: L1Facts, sequenceNumber: u64, jovian: bool): void {
  put32(0, jovian ? JOVIAN_SELECTOR : ISTHMUS_SELECTOR);
  put32(4, SYSTEM.baseFeeScalar);
  put32(8, SYSTEM.blobBaseFeeScalar);
  put64(12, sequenceNumber);
  put64(20, l1.time);
  put64(28, l1.number);
  storeBE(data + 36, l1.baseFee);
  storeBE(data + 68, l1.blobBaseFee);
  memory.copy(data + 100, l1.hash, 32);
  memory.fill(data + 132, 0, 12);
  memory.copy(data + 144, BATCHER_ADDRESS, 20);
  put32(164, SYSTEM.operatorFeeScalar);
  put64(168, SYSTEM.operatorFeeConstant);
  const footprint = SYSTEM.daFootprintGasScalar;
  store<u16>(data, bswap<u16>(<u16>(footprint == 0 ? DEFAULT_FOOTPRINT_SCALAR : footprint)), 176);
  const length = jovian ? JOVIAN_LENGTH : ISTHMUS_LENGTH;
  putSystemDeposit(l1.hash, sequenceNumber, DEPOSITOR, L1_BLOCK, GAS, data, length);
}

function put32(offset: usize, value: u32): void {
  store<u32>(data + offset, bswap<u32>(value));
}

function put64(offset: usize, value: u64): void {
  store<u64>(data + offset, bswap<u64>(value));
}
