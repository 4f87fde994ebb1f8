/** What the SystemConfig contract on L1 sets for L2. */
import { putRaw, putU32, putU64, takeTo, takeU32, takeU64 } from "../../../kernel/assembly/entry/wire";
import { reserve } from "../../../kernel/assembly/memory/heap";
import { CONFIG, SYSTEM_CONFIG } from "../config";
import { NUMBER, PAYLOAD, isEvent, isFrom, isU64, payloadLength, topicAt } from "./logs";

/** keccak of ConfigUpdate(uint256,uint8,bytes). */
const CONFIG_UPDATE: usize = memory.data<u8>([
  0x1d, 0x2b, 0x0b, 0xda, 0x21, 0xd5, 0x6b, 0x8b, 0xd1, 0x2d, 0x4f, 0x94, 0xeb, 0xac, 0xff, 0xdf, 0xb3, 0x5f, 0x5e,
  0x22, 0x6f, 0x84, 0xb4, 0x61, 0x10, 0x3b, 0xb8, 0xbe, 0xab, 0x63, 0x53, 0xbe,
]);
const TOPICS: u32 = 3;
/** Kinds of updates. */
const BATCHER: u64 = 0;
const FEE_SCALARS: u64 = 1;
const GAS_LIMIT: u64 = 2;
const EIP1559: u64 = 4;
const OPERATOR_FEE: u64 = 5;
const MIN_BASE_FEE: u64 = 6;
const DA_FOOTPRINT: u64 = 7;
/** Version of fee scalars: at Bedrock one number, at Ecotone two. */
const ECOTONE: u32 = 1;

@unmanaged
export class SystemConfig {
  gasLimit: u64;
  /** Isthmus. */
  operatorFeeConstant: u64;
  /** Jovian. */
  minBaseFee: u64;
  /** Per million, of the L1 base fee and of the blob base fee. */
  baseFeeScalar: u32;
  blobBaseFeeScalar: u32;
  /** Holocene; zeros stand for the chain's own. */
  denominator: u32;
  elasticity: u32;
  operatorFeeScalar: u32;
  /** Jovian. */
  daFootprintGasScalar: u32;
}

/** The configuration in force. */
export let SYSTEM: SystemConfig = changetype<SystemConfig>(0);
/** The batcher's address, 20 bytes. */
export let BATCHER_ADDRESS: usize = 0;

/** Once per instance. */
export function initSystemConfig(): void {
  SYSTEM = changetype<SystemConfig>(reserve(offsetof<SystemConfig>()));
  BATCHER_ADDRESS = reserve(24);
}

export function takeSystemConfig(): void {
  takeTo(BATCHER_ADDRESS, 20);
  SYSTEM.gasLimit = takeU64();
  SYSTEM.baseFeeScalar = takeU32();
  SYSTEM.blobBaseFeeScalar = takeU32();
  SYSTEM.denominator = takeU32();
  SYSTEM.elasticity = takeU32();
  SYSTEM.operatorFeeScalar = takeU32();
  SYSTEM.operatorFeeConstant = takeU64();
  SYSTEM.minBaseFee = takeU64();
  SYSTEM.daFootprintGasScalar = takeU32();
}

export function putSystemConfig(): void {
  putRaw(BATCHER_ADDRESS, 20);
  putU64(SYSTEM.gasLimit);
  putU32(SYSTEM.baseFeeScalar);
  putU32(SYSTEM.blobBaseFeeScalar);
  putU32(SYSTEM.denominator);
  putU32(SYSTEM.elasticity);
  putU32(SYSTEM.operatorFeeScalar);
  putU64(SYSTEM.operatorFeeConstant);
  putU64(SYSTEM.minBaseFee);
  putU32(SYSTEM.daFootprintGasScalar);
}

/** Applies the event taken last, where it is an update. A malformed one is the contract's fault and changes nothing. */
export function applyUpdate(): void {
  if (!isFrom(SYSTEM_CONFIG) || !isEvent(CONFIG_UPDATE, TOPICS)) return;
  if (!isU64(topicAt(1)) || NUMBER != 0 || !isU64(topicAt(2))) return;
  const kind = NUMBER;
  const length = payloadLength();
  if (kind == FEE_SCALARS) {
    if (length == 64) setFeeScalars(PAYLOAD + 32);
  } else if (length == 32) {
    setWord(kind, PAYLOAD);
  }
}

function setWord(kind: u64, word: usize): void {
  if (kind == BATCHER) {
    if ((load<u64>(word) | load<u32>(word, 8)) == 0) memory.copy(BATCHER_ADDRESS, word + 12, 20);
  } else if (kind == OPERATOR_FEE) {
    SYSTEM.operatorFeeScalar = number32(word, 20);
    SYSTEM.operatorFeeConstant = bswap<u64>(load<u64>(word, 24));
  } else if (kind == EIP1559) {
    setEip1559(number32(word, 24), number32(word, 28));
  } else if (isU64(word)) {
    if (kind == GAS_LIMIT) SYSTEM.gasLimit = NUMBER;
    if (kind == MIN_BASE_FEE) SYSTEM.minBaseFee = NUMBER;
    if (kind == DA_FOOTPRINT && NUMBER <= u16.MAX_VALUE) SYSTEM.daFootprintGasScalar = <u32>NUMBER;
  }
}

function number32(word: usize, offset: usize): u32 {
  return bswap<u32>(load<u32>(word + offset));
}

/** Both are zero or none is. */
function setEip1559(denominator: u32, elasticity: u32): void {
  if ((denominator == 0) != (elasticity == 0)) return;
  SYSTEM.denominator = denominator;
  SYSTEM.elasticity = elasticity;
}

/** Behind the overhead, which nothing reads any more: version ‖ zeros ‖ [blob base fee scalar] ‖ base fee scalar. */
function setFeeScalars(word: usize): void {
  const version = <u32>load<u8>(word);
  const zeros = (load<u64>(word) & ~<u64>0xff) | load<u64>(word, 8) | load<u64>(word, 16);
  const blob = number32(word, 24);
  if (version > ECOTONE || zeros != 0 || (version != ECOTONE && blob != 0)) return;
  SYSTEM.blobBaseFeeScalar = blob;
  SYSTEM.baseFeeScalar = number32(word, 28);
}

/** Parameters of EIP-1559 for a block's extra data: those in force, or the chain's own. */
export function denominatorInForce(): u32 {
  return SYSTEM.denominator != 0 ? SYSTEM.denominator : CONFIG.baseFeeDenominator;
}

export function elasticityInForce(): u32 {
  return SYSTEM.denominator != 0 ? SYSTEM.elasticity : CONFIG.elasticity;
}
