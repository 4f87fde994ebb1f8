/** Gas that a transaction owes before anything runs. */
import { BERLIN, HOMESTEAD, ISTANBUL, PRAGUE, SHANGHAI } from "../spec/forks";
import { Transaction } from "./transaction";

const TRANSACTION_GAS: u64 = 21000;
const CREATION_GAS: u64 = 32000;
const ZERO_BYTE_GAS: u64 = 4;
const NONZERO_BYTE_GAS: u64 = 68;
/** EIP-2028. */
const NONZERO_BYTE_GAS_ISTANBUL: u64 = 16;
/** EIP-2930. */
const ACCESS_LIST_ADDRESS_GAS: u64 = 2400;
const ACCESS_LIST_KEY_GAS: u64 = 1900;
/** EIP-3860, per 32 bytes of init code. */
const INIT_CODE_WORD_GAS: u64 = 2;
/** EIP-7702, per authorization; what an existing authority gives back. */
const AUTHORIZATION_GAS: u64 = 25000;
export const AUTHORIZATION_REFUND: i64 = 12500;
/** EIP-7623: tokens are 1 per zero byte and 4 per other byte. */
const FLOOR_TOKEN_GAS: u64 = 10;
const TOKENS_PER_NONZERO_BYTE: u64 = 4;

/** EIP-3860: at most twice the size of deployed code. */
export const MAX_INIT_CODE_SIZE: u32 = 49152;
/** EIP-7825. */
export const MAX_TRANSACTION_GAS: u64 = 1 << 24;

export function intrinsicGas(tx: Transaction, fork: u32): u64 {
  const zeros = zeroBytes(tx.data, tx.dataLength);
  const nonzeroGas = fork >= ISTANBUL ? NONZERO_BYTE_GAS_ISTANBUL : NONZERO_BYTE_GAS;
  let gas = TRANSACTION_GAS + zeros * ZERO_BYTE_GAS + (<u64>tx.dataLength - zeros) * nonzeroGas;
  if (tx.isCreation && fork >= HOMESTEAD) gas += CREATION_GAS;
  if (tx.isCreation && fork >= SHANGHAI) gas += INIT_CODE_WORD_GAS * ((<u64>tx.dataLength + 31) >> 5);
  if (fork >= BERLIN) {
    gas += <u64>tx.accessListLength * ACCESS_LIST_ADDRESS_GAS + <u64>tx.accessListKeys * ACCESS_LIST_KEY_GAS;
  }
  return gas + <u64>tx.authorizationCount * AUTHORIZATION_GAS;
}

/** EIP-7623: the least a transaction pays for its data, whatever it executes; 0 before Prague. */
export function floorGas(tx: Transaction, fork: u32): u64 {
  if (fork < PRAGUE) return 0;
  const zeros = zeroBytes(tx.data, tx.dataLength);
  return TRANSACTION_GAS + FLOOR_TOKEN_GAS * (zeros + TOKENS_PER_NONZERO_BYTE * (<u64>tx.dataLength - zeros));
}

function zeroBytes(data: usize, length: u32): u64 {
  let zeros: u64 = 0;
  let i: u32 = 0;
  // Of every byte the highest bit of `rest` says that some bit of it is set.
  for (; i + 8 <= length; i += 8) {
    const bytes = load<u64>(data + i);
    const rest = ((bytes & 0x7f7f7f7f7f7f7f7f) + 0x7f7f7f7f7f7f7f7f) | bytes;
    zeros += 8 - popcnt<u64>(rest & 0x8080808080808080);
  }
  for (; i < length; i++) zeros += u64(load<u8>(data + i) == 0);
  return zeros;
}
