/**
 * EIP-1559 parameters in a header's extra data. Holocene: version 0, denominator u32, elasticity u32; Jovian: version 1,
 * the same two, minimum base fee u64. All big-endian.
 */
import { CONFIG } from "../block/config";
import { Header } from "../block/header";

const HOLOCENE_LENGTH: u32 = 9;
const JOVIAN_LENGTH: u32 = 17;
const DENOMINATOR: usize = 1;
const ELASTICITY: usize = 5;
const MINIMUM_BASE_FEE: usize = 9;

/** Whether a block at the header's timestamp must have this extra data. */
export function isValidExtraData(header: Header): bool {
  const jovian = header.timestamp >= CONFIG.jovianTime;
  if (header.extraDataLength != (jovian ? JOVIAN_LENGTH : HOLOCENE_LENGTH)) return false;
  if (load<u8>(header.extraData) != u8(jovian)) return false;
  return numberAt(header, DENOMINATOR) != 0 && numberAt(header, ELASTICITY) != 0;
}

/** The block's own parameters, or those of the configuration: a genesis need not have any. */
export function denominatorOf(header: Header): u32 {
  return isValidExtraData(header) ? numberAt(header, DENOMINATOR) : CONFIG.baseFeeDenominator;
}

export function elasticityOf(header: Header): u32 {
  return isValidExtraData(header) ? numberAt(header, ELASTICITY) : CONFIG.elasticity;
}

export function hasMinimumBaseFee(header: Header): bool {
  return header.timestamp >= CONFIG.jovianTime && isValidExtraData(header);
}

/** Wei per gas. */
export function minimumBaseFeeOf(header: Header): u64 {
  return bswap<u64>(load<u64>(header.extraData + MINIMUM_BASE_FEE));
}

function numberAt(header: Header, offset: usize): u32 {
  return bswap<u32>(load<u32>(header.extraData + offset));
}
