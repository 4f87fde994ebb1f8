import { BYZANTIUM, CANCUN, FEATURE_INFERENCE, FEATURE_ROLLUP, FRONTIER, ISTANBUL, OSAKA, PRAGUE } from "../spec/forks";

// The address of a precompile is its id, except for the two that do not fit in the contiguous range.
export const ID_ECRECOVER: u32 = 0x01;
export const ID_SHA256: u32 = 0x02;
export const ID_RIPEMD160: u32 = 0x03;
export const ID_IDENTITY: u32 = 0x04;
export const ID_MODEXP: u32 = 0x05;
export const ID_BN254_ADD: u32 = 0x06;
export const ID_BN254_MUL: u32 = 0x07;
export const ID_BN254_PAIRING: u32 = 0x08;
export const ID_BLAKE2F: u32 = 0x09;
export const ID_KZG_POINT_EVALUATION: u32 = 0x0a;
export const ID_BLS12_G1_ADD: u32 = 0x0b;
export const ID_BLS12_G1_MSM: u32 = 0x0c;
export const ID_BLS12_G2_ADD: u32 = 0x0d;
export const ID_BLS12_G2_MSM: u32 = 0x0e;
export const ID_BLS12_PAIRING: u32 = 0x0f;
export const ID_BLS12_MAP_FP_TO_G1: u32 = 0x10;
export const ID_BLS12_MAP_FP2_TO_G2: u32 = 0x11;
export const ID_P256VERIFY: u32 = 0x12;
export const ID_INFERENCE: u32 = 0x13;
export const ID_TENSOR: u32 = 0x14;
/** Ids are 1 … PRECOMPILE_COUNT. */
export const PRECOMPILE_COUNT: u32 = 0x14;

const NEVER: u32 = u32.MAX_VALUE;
const CONTIGUOUS_LAST: u32 = 0x11;

// By id: first fork (the precompiles for models belong to a chain feature instead) and the last two bytes of the address, the
// other eighteen being zero.
const TABLE = memory.data<u32>([
  NEVER, 0,
  FRONTIER, 0x01,
  FRONTIER, 0x02,
  FRONTIER, 0x03,
  FRONTIER, 0x04,
  BYZANTIUM, 0x05,
  BYZANTIUM, 0x06,
  BYZANTIUM, 0x07,
  BYZANTIUM, 0x08,
  ISTANBUL, 0x09,
  CANCUN, 0x0a,
  PRAGUE, 0x0b,
  PRAGUE, 0x0c,
  PRAGUE, 0x0d,
  PRAGUE, 0x0e,
  PRAGUE, 0x0f,
  PRAGUE, 0x10,
  PRAGUE, 0x11,
  OSAKA, 0x0100,
  NEVER, 0x0999,
  NEVER, 0x099a,
]);

// @ts-ignore: decorator
@inline
function firstFork(id: u32): u32 {
  return load<u32>(TABLE + (id << 3));
}

// @ts-ignore: decorator
@inline
function lowAddress(id: u32): u32 {
  return load<u32>(TABLE + (id << 3), 4);
}

/** Set of the precompiles that exist at `fork` with `FEATURE_*`, bit i for id i. Rollups have P-256 since Fjord. */
export function precompileSet(fork: u32, features: u64): u32 {
  let set: u32 = features & FEATURE_INFERENCE ? ((1 as u32) << ID_INFERENCE) | ((1 as u32) << ID_TENSOR) : 0;
  if (features & FEATURE_ROLLUP) set |= (1 as u32) << ID_P256VERIFY;
  for (let id: u32 = 1; id <= PRECOMPILE_COUNT; id++) {
    if (firstFork(id) <= fork) set |= (1 as u32) << id;
  }
  return set;
}

/** Id whose standard address is `address`, in any fork; 0 when there is none. */
export function standardId(address: usize): u32 {
  if ((load<u64>(address) | load<u64>(address, 8) | (load<u16>(address, 16) as u64)) != 0) return 0;
  const low = bswap<u16>(load<u16>(address, 18)) as u32;
  if (low <= CONTIGUOUS_LAST) return low;
  if (low == lowAddress(ID_P256VERIFY)) return ID_P256VERIFY;
  if (low == lowAddress(ID_INFERENCE)) return ID_INFERENCE;
  if (low == lowAddress(ID_TENSOR)) return ID_TENSOR;
  return 0;
}
