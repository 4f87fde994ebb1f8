/** Instructions that read the message, block and transaction. Those that push write the new top word `sp`. */
import { ancestorHash } from "../../block/ancestors";
import { fits32, fits64, loadBE, zero32 } from "../../u256/word";
import { ENV } from "../environment";
import { FRAME, halt, MEMORY, RETURN_DATA, RETURN_DATA_LENGTH, SCRATCH } from "../frame";
import { RETURN_DATA_OUT_OF_BOUNDS } from "../status";
import { chargeCopy } from "./memory";

/** CALLDATALOAD: the 32 bytes from the offset on, zeros beyond the end. */
// @ts-ignore: decorator
@inline
export function loadInput(sp: usize): void {
  const length = <u64>FRAME.inputLength;
  const offset = load<u64>(sp);
  if (!fits32(sp) || offset >= length) zero32(sp);
  else if (offset + 32 <= length) loadBE(sp, FRAME.input + <usize>offset);
  else loadInputTail(sp, <usize>offset);
}

function loadInputTail(sp: usize, offset: usize): void {
  zero32(SCRATCH);
  memory.copy(SCRATCH, FRAME.input + offset, <usize>FRAME.inputLength - offset);
  loadBE(sp, SCRATCH);
}

/** RETURNDATACOPY: unlike the other copies, reading beyond the end halts (EIP-211). */
export function copyReturnData(sp: usize): bool {
  const from = sp - 32;
  const size = sp - 64;
  if (!fits32(size) || !fits32(from) || load<u64>(from) + load<u64>(size) > <u64>RETURN_DATA_LENGTH) {
    return halt(RETURN_DATA_OUT_OF_BOUNDS);
  }
  if (!chargeCopy(sp)) return false;
  const length = load<u64>(size);
  if (length == 0) return true;
  memory.copy(MEMORY + <usize>load<u64>(sp), RETURN_DATA + <usize>load<u64>(from), <usize>length);
  return true;
}

/** BLOCKHASH: one of the 256 blocks before this one, otherwise 0. */
export function blockHash(sp: usize): void {
  const number = load<u64>(sp);
  const known = fits64(sp) && ancestorHash(number, SCRATCH);
  if (known) loadBE(sp, SCRATCH);
  else zero32(sp);
}

/** BLOBHASH (EIP-4844). */
export function blobHash(sp: usize): void {
  const index = load<u64>(sp);
  if (fits64(sp) && index < <u64>ENV.blobHashCount) loadBE(sp, ENV.blobHashes + (<usize>index << 5));
  else zero32(sp);
}
