/** The dynamic gas of an instruction before it runs: its charge is made for real and taken back. */
import {
  charge, FRAME, GAS, KIND_CALL, KIND_CALLCODE, KIND_CREATE, KIND_CREATE2, KIND_DELEGATECALL, KIND_STATICCALL,
  MEMORY_SIZE, setGas, setMemorySize,
} from "../evm/frame";
import { accountAt, chargeAccess } from "../evm/instructions/accounts";
import { chargeCall } from "../evm/instructions/calls";
import { chargeCreation } from "../evm/instructions/creations";
import { chargeLog } from "../evm/instructions/logs";
import { chargeCopy, chargeHash, reach, reachRange } from "../evm/instructions/memory";
import { chargeSelfDestruct } from "../evm/instructions/selfdestruct";
import { chargeLoad, chargeStore } from "../evm/instructions/storage";
import { Opcode } from "../generated/opcodes";
import { EXP_BYTE } from "../spec/parameters";
import { checkpoint, revertTo } from "../state/journal";
import { slot } from "../state/storage";
import { bitLength } from "../u256/shift";
import { fits32 } from "../u256/word";

/** Gas beyond `staticGas`, which the running frame can pay; where the total exceeds the frame's gas, any such figure. */
export function dynamicGas(op: u32, sp: usize, staticGas: i64): i64 {
  const gas = GAS;
  const memorySize = MEMORY_SIZE;
  const mark = checkpoint();
  setGas(gas - staticGas);
  chargeDynamic(op, sp);
  const cost = gas - staticGas - GAS;
  revertTo(mark);
  setMemorySize(memorySize);
  setGas(gas);
  return cost;
}

function chargeDynamic(op: u32, sp: usize): bool {
  switch (op) {
    case Opcode.EXP: return charge(EXP_BYTE * <i64>((bitLength(sp - 32) + 7) >> 3));
    case Opcode.KECCAK256: return chargeHash(sp);
    case Opcode.BALANCE:
    case Opcode.EXTCODESIZE:
    case Opcode.EXTCODEHASH: return chargeAccess(accountAt(sp));
    case Opcode.CALLDATACOPY:
    case Opcode.CODECOPY:
    case Opcode.RETURNDATACOPY: return chargeCopy(sp);
    case Opcode.EXTCODECOPY: return chargeAccess(accountAt(sp)) && chargeCopy(sp - 32);
    case Opcode.MCOPY: return reachRange(sp - 32, sp - 64) && chargeCopy(sp);
    case Opcode.MLOAD:
    case Opcode.MSTORE: return reachOffset(sp, 32);
    case Opcode.MSTORE8: return reachOffset(sp, 1);
    case Opcode.SLOAD: return chargeLoad(slot(FRAME.account, sp));
    case Opcode.SSTORE: return chargeStore(slot(FRAME.account, sp), sp - 32);
    case Opcode.LOG0:
    case Opcode.LOG1:
    case Opcode.LOG2:
    case Opcode.LOG3:
    case Opcode.LOG4: return chargeLog(sp);
    case Opcode.CREATE: return chargeCreation(KIND_CREATE, sp);
    case Opcode.CREATE2: return chargeCreation(KIND_CREATE2, sp);
    case Opcode.CALL: return chargeCall(KIND_CALL, sp, accountAt(sp - 32)) >= 0;
    case Opcode.CALLCODE: return chargeCall(KIND_CALLCODE, sp, accountAt(sp - 32)) >= 0;
    case Opcode.DELEGATECALL: return chargeCall(KIND_DELEGATECALL, sp, accountAt(sp - 32)) >= 0;
    case Opcode.STATICCALL: return chargeCall(KIND_STATICCALL, sp, accountAt(sp - 32)) >= 0;
    case Opcode.RETURN:
    case Opcode.REVERT: return reachRange(sp, sp - 32);
    case Opcode.SELFDESTRUCT: return chargeSelfDestruct(FRAME.account, accountAt(sp));
    default: return true;
  }
}

function reachOffset(sp: usize, size: u64): bool {
  return fits32(sp) && reach(load<u64>(sp) + size);
}
