/** Instruction by instruction instead of block by block: what the tracing build does before each instruction. */
import { opcodeEntry } from "../evm/analysis";
import {
  addressPtr, charge, depth, FRAME, GAS, halt, MEMORY, MEMORY_SIZE, RETURN_DATA, RETURN_DATA_LENGTH, STACK_LIMIT,
} from "../evm/frame";
import { INVALID_OPCODE, STACK_OVERFLOW, STACK_UNDERFLOW } from "../evm/status";
import { OPCODE_DEFINED } from "../generated/opcodes";
import { refund } from "../state/journal";
import { dynamicGas } from "./gas";
import { hostTraceStep, TRACE_RECORD } from "./trace";

/** Tells the host about the instruction, then checks its stack and takes its static gas; false = halt. */
export function checkInstruction(pc: usize, op: u32, sp: usize): bool {
  const entry = opcodeEntry(op);
  const height = <i32>((sp - FRAME.stack) >> 5);
  const inputs = <i32>load<u8>(entry, 2);
  const risesTo = height - inputs + <i32>load<u8>(entry, 3);
  const defined = (load<u8>(entry, 4) & OPCODE_DEFINED) != 0;
  const staticGas = defined ? <i64>load<u16>(entry) : 0;
  const fits = height >= inputs && risesTo <= <i32>STACK_LIMIT;
  const cost = defined && fits && staticGas <= GAS ? staticGas + dynamicGas(op, sp, staticGas) : staticGas;
  traceStep(pc, op, sp, cost, height);
  if (!defined) return halt(INVALID_OPCODE);
  if (height < inputs) return halt(STACK_UNDERFLOW);
  if (!fits) return halt(STACK_OVERFLOW);
  return charge(staticGas);
}

function traceStep(pc: usize, op: u32, sp: usize, cost: i64, height: i32): void {
  const record = TRACE_RECORD;
  store<u32>(record, pc);
  store<u32>(record, op, 4);
  store<i64>(record, GAS, 8);
  store<i64>(record, cost, 16);
  store<i64>(record, refund, 24);
  store<u32>(record, depth(), 32);
  store<u32>(record, addressPtr(FRAME.account), 36);
  store<u32>(record, FRAME.stack + 32, 40);
  store<u32>(record, height, 44);
  store<u32>(record, MEMORY, 48);
  store<u32>(record, <u32>MEMORY_SIZE, 52);
  store<u32>(record, RETURN_DATA, 56);
  store<u32>(record, RETURN_DATA_LENGTH, 60);
  hostTraceStep(record);
}
