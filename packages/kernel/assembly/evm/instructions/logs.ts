import { LOG_DATA_BYTE } from "../../spec/parameters";
import { appendLog } from "../../state/logs";
import { traceLog } from "../../trace/trace";
import { storeBE } from "../../u256/word";
import { addressPtr, charge, FRAME, halt, MEMORY, SCRATCH } from "../frame";
import { STATIC_CALL_VIOLATION } from "../status";
import { reachRange } from "./memory";

export function chargeLog(sp: usize): bool {
  return reachRange(sp, sp - 32) && charge(LOG_DATA_BYTE * <i64>load<u64>(sp - 32));
}

/** LOG0 … LOG4: memory offset, size, then the topics. */
export function log(sp: usize, topics: u32): bool {
  if (FRAME.isStatic) return halt(STATIC_CALL_VIOLATION);
  const size = sp - 32;
  if (!chargeLog(sp)) return false;
  const length = load<u64>(size);
  for (let i: usize = 0; i < <usize>topics; i++) storeBE(SCRATCH + (i << 5), size - ((i + 1) << 5));
  const data = length == 0 ? MEMORY : MEMORY + <usize>load<u64>(sp);
  appendLog(addressPtr(FRAME.account), SCRATCH, topics, data, <u32>length);
  if (TRACE) traceLog(addressPtr(FRAME.account), SCRATCH, topics, data, <u32>length);
  return true;
}
