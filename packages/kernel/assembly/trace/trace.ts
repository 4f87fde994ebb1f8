/**
 * What the tracing build tells its host. Each import gets the address of a record; all pointers in it (u32) are valid
 * during the call only. Integers are little-endian; words are limbs, least significant first; depths count from 0.
 *
 * Step, before an instruction runs: 0 pc u32 · 4 opcode u32 · 8 gas left i64 · 16 gas cost i64 (static and dynamic; a
 * call's includes the gas it hands on) · 24 refund counter i64 · 32 depth u32 · 36 → address (20 bytes) · 40 → stack,
 * bottom word first · 44 stack words u32 · 48 → memory · 52 memory bytes u32 · 56 → return data · 60 its bytes u32.
 *
 * Enter, at each call, creation or self-destruction, also of one that fails at once: 0 kind u32 (order of
 * `TraceEnter.kind`) · 4 depth u32 · 8 gas i64 · 16 → from · 20 → to (the code's address, the new contract, or the
 * beneficiary) · 24 → value (word) · 28 → input or initialization code · 32 its bytes u32 · 36 precompile u32 (0 or 1).
 *
 * Exit, one for each Enter: 0 depth u32 · 4 status u32 (evm/status.ts) · 8 gas used i64 · 16 → output (return data, revert
 * data, or deployed code) · 20 its bytes u32.
 *
 * Log: 0 → address · 4 topic count u32 · 8 → topics (32 bytes each, big-endian) · 12 → data · 16 its bytes u32.
 */
import { depth, FRAME, Frame, HOST_FRAME, KIND_SELFDESTRUCT, RETURN_DATA, RETURN_DATA_LENGTH, valuePtr } from "../evm/frame";
import { reserve } from "../memory/heap";
import { Account } from "../state/account";

// @ts-ignore: decorator
@external("host", "traceStep")
export declare function hostTraceStep(record: usize): void;
// @ts-ignore: decorator
@external("host", "traceEnter")
declare function hostTraceEnter(record: usize): void;
// @ts-ignore: decorator
@external("host", "traceExit")
declare function hostTraceExit(record: usize): void;
// @ts-ignore: decorator
@external("host", "traceLog")
declare function hostTraceLog(record: usize): void;

const RECORD_SIZE: usize = 64;

/** Where every record is written. */
export let TRACE_RECORD: usize = 0;

export function reserveTrace(): void {
  TRACE_RECORD = reserve(RECORD_SIZE);
}

/** A call to the code at `to`, or a creation at `to`; `frame` is the new frame, its caller still the running one. */
export function traceEnter(frame: Frame, to: usize, input: usize, inputLength: u32, precompile: bool): void {
  const from = FRAME == HOST_FRAME ? frame.caller : changetype<usize>(FRAME.account);
  writeEnter(frame.kind, frame.gas, from, to, valuePtr(frame));
  store<u32>(TRACE_RECORD, input, 28);
  store<u32>(TRACE_RECORD, inputLength, 32);
  store<u32>(TRACE_RECORD, u32(precompile), 36);
  hostTraceEnter(TRACE_RECORD);
}

/** The end of `frame`, its caller being the running one again. */
export function traceExit(frame: Frame, status: u32, gasLeft: i64): void {
  writeExit(status, frame.gas - gasLeft);
  store<u32>(TRACE_RECORD, RETURN_DATA, 16);
  store<u32>(TRACE_RECORD, RETURN_DATA_LENGTH, 20);
  hostTraceExit(TRACE_RECORD);
}

/** A self-destruction is an enter and an exit of its own. */
export function traceSelfDestruct(self: Account, beneficiary: Account, balance: usize): void {
  writeEnter(KIND_SELFDESTRUCT, 0, changetype<usize>(self), changetype<usize>(beneficiary), balance);
  store<u64>(TRACE_RECORD, 0, 28);
  store<u32>(TRACE_RECORD, 0, 36);
  hostTraceEnter(TRACE_RECORD);
  writeExit(0, 0);
  store<u64>(TRACE_RECORD, 0, 16);
  hostTraceExit(TRACE_RECORD);
}

export function traceLog(address: usize, topics: usize, count: u32, data: usize, length: u32): void {
  store<u32>(TRACE_RECORD, address);
  store<u32>(TRACE_RECORD, count, 4);
  store<u32>(TRACE_RECORD, topics, 8);
  store<u32>(TRACE_RECORD, data, 12);
  store<u32>(TRACE_RECORD, length, 16);
  hostTraceLog(TRACE_RECORD);
}

function writeEnter(kind: u32, gas: i64, from: usize, to: usize, value: usize): void {
  store<u32>(TRACE_RECORD, kind);
  store<u32>(TRACE_RECORD, depth() + 1, 4);
  store<i64>(TRACE_RECORD, gas, 8);
  store<u32>(TRACE_RECORD, from, 16);
  store<u32>(TRACE_RECORD, to, 20);
  store<u32>(TRACE_RECORD, value, 24);
}

function writeExit(status: u32, gasUsed: i64): void {
  store<u32>(TRACE_RECORD, depth() + 1);
  store<u32>(TRACE_RECORD, status, 4);
  store<i64>(TRACE_RECORD, gasUsed, 8);
}
