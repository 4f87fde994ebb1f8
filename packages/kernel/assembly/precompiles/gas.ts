import { ENV } from "../evm/environment";
import { ISTANBUL, OSAKA } from "../spec/forks";
import { msmGas } from "./discount";
import { modexpGas } from "./modexp";
import {
  ID_BLAKE2F, ID_BLS12_G1_ADD, ID_BLS12_G1_MSM, ID_BLS12_G2_ADD, ID_BLS12_G2_MSM, ID_BLS12_MAP_FP2_TO_G2,
  ID_BLS12_MAP_FP_TO_G1, ID_BLS12_PAIRING, ID_BN254_ADD, ID_BN254_MUL, ID_BN254_PAIRING, ID_ECRECOVER, ID_IDENTITY,
  ID_KZG_POINT_EVALUATION, ID_MODEXP, ID_P256VERIFY, ID_RIPEMD160, ID_SHA256,
} from "./table";
import { wordCount } from "./words";

/**
 * Gas precompile `id` asks for this input before it runs (EIP-1108, EIP-152, EIP-4844, EIP-2537, EIP-7951;
 * before Osaka P-256 is RIP-7212's).
 */
export function precompileGas(id: u32, input: usize, len: u32): u64 {
  const repriced = ENV.fork >= ISTANBUL;
  switch (id) {
    case ID_ECRECOVER: return 3000;
    case ID_SHA256: return 60 + 12 * wordCount(len);
    case ID_RIPEMD160: return 600 + 120 * wordCount(len);
    case ID_IDENTITY: return 15 + 3 * wordCount(len);
    case ID_MODEXP: return modexpGas(input, len);
    case ID_BN254_ADD: return repriced ? 150 : 500;
    case ID_BN254_MUL: return repriced ? 6000 : 40000;
    case ID_BN254_PAIRING: return pairingGas(len / 192, repriced ? 45000 : 100000, repriced ? 34000 : 80000);
    case ID_BLAKE2F: return len >= 4 ? bswap<u32>(load<u32>(input)) : 0;
    case ID_KZG_POINT_EVALUATION: return 50000;
    case ID_BLS12_G1_ADD: return 375;
    case ID_BLS12_G1_MSM: return msmGas(len / 160, 12000, false);
    case ID_BLS12_G2_ADD: return 600;
    case ID_BLS12_G2_MSM: return msmGas(len / 288, 22500, true);
    case ID_BLS12_PAIRING: return pairingGas(len / 384, 37700, 32600);
    case ID_BLS12_MAP_FP_TO_G1: return 5500;
    case ID_BLS12_MAP_FP2_TO_G2: return 23800;
    case ID_P256VERIFY: return ENV.fork >= OSAKA ? 6900 : 3450;
    default: return u64.MAX_VALUE;
  }
}

function pairingGas(pairs: u32, base: u64, perPair: u64): u64 {
  return base + perPair * pairs;
}
