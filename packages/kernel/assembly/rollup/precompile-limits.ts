/** Inputs above which precompiles fail on a rollup, so that a fault proof can repeat them: Granite, Isthmus, Jovian. */
import { ENV } from "../evm/environment";
import { ID_BLS12_G1_MSM, ID_BLS12_G2_MSM, ID_BLS12_PAIRING, ID_BN254_PAIRING } from "../precompiles/table";
import { FEATURE_JOVIAN, FEATURE_ROLLUP } from "../spec/forks";

const NO_LIMIT: u32 = u32.MAX_VALUE;

/** Whether `length` bytes of input are within the limit of precompile `id`. */
export function isWithinLimit(id: u32, length: u32): bool {
  return (ENV.features & FEATURE_ROLLUP) == 0 || length <= inputLimit(id, (ENV.features & FEATURE_JOVIAN) != 0);
}

function inputLimit(id: u32, jovian: bool): u32 {
  switch (id) {
    case ID_BN254_PAIRING: return jovian ? 81_984 : 112_687;
    case ID_BLS12_G1_MSM: return jovian ? 288_960 : 513_760;
    case ID_BLS12_G2_MSM: return jovian ? 278_784 : 488_448;
    case ID_BLS12_PAIRING: return jovian ? 156_672 : 235_008;
    default: return NO_LIMIT;
  }
}
