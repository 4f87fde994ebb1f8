/** CREATE and CREATE2: gas, the new address, then the frame of the initialization code. */
import { SHANGHAI, TANGERINE_WHISTLE } from "../../spec/forks";
import { FORK, INIT_CODE_WORD, KECCAK_WORD, MAX_INIT_CODE_SIZE } from "../../spec/parameters";
import { copy32 } from "../../u256/word";
import { createAddress, createAddress2 } from "../address";
import { enterCreate, nextFrame } from "../enter";
import { addressPtr, charge, FRAME, GAS, halt, KIND_CREATE2, MEMORY, SCRATCH, valuePtr } from "../frame";
import { INIT_CODE_SIZE_EXCEEDED, STATIC_CALL_VIOLATION } from "../status";
import { reachRange, wordCount } from "./memory";

/** Pops value, range of the initialization code and, for CREATE2, the salt. See `messageCall` for the outcome. */
export function contractCreation(kind: u32, sp: usize): bool {
  if (FRAME.isStatic) return halt(STATIC_CALL_VIOLATION);
  if (!chargeCreation(kind, sp)) return false;
  const offset = sp - 32;
  const size = sp - 64;
  const salt = sp - 96;
  const length = <u32>load<u64>(size);
  const init = length == 0 ? MEMORY : MEMORY + <usize>load<u64>(offset);
  const creator = FRAME.account;
  if (kind == KIND_CREATE2) createAddress2(addressPtr(creator), salt, init, length, SCRATCH);
  else createAddress(addressPtr(creator), creator.nonce, SCRATCH);

  const gas = FORK >= TANGERINE_WHISTLE ? GAS - GAS / 64 : GAS;
  charge(gas);
  FRAME.sp = kind == KIND_CREATE2 ? salt - 32 : size - 32;
  const frame = nextFrame();
  frame.kind = kind;
  frame.gas = gas;
  copy32(valuePtr(frame), sp);
  enterCreate(frame, creator, SCRATCH, init, length);
  return true;
}

/** Memory, EIP-3860 for reading the code, EIP-1014 for hashing it; not the gas that the new frame gets. */
export function chargeCreation(kind: u32, sp: usize): bool {
  const size = sp - 64;
  if (!reachRange(sp - 32, size)) return false;
  const length = load<u64>(size);
  if (FORK >= SHANGHAI && length > MAX_INIT_CODE_SIZE) return halt(INIT_CODE_SIZE_EXCEEDED);
  const perWord = (FORK >= SHANGHAI ? INIT_CODE_WORD : 0) + (kind == KIND_CREATE2 ? KECCAK_WORD : 0);
  return charge(perWord * wordCount(length));
}
