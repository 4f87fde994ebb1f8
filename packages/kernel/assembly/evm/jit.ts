/**
 * Frames whose code was compiled to WebAssembly. The host compiles (packages/metisvm) and puts the functions into this
 * module's table; here it is decided, each time a frame is run, whether a compiled function or the interpreter runs it.
 * Both keep the same frames, stacks and memories, so a frame may change between them wherever it is suspended.
 */
import { keccak256 } from "../crypto/keccak";
import { reserve } from "../memory/heap";
import { SHARING } from "../memory/sharing";
import { FORK } from "../spec/parameters";
import { Code, codeBytes } from "./code";
import { FRAME, Frame, GAS, SCRATCH } from "./frame";
import { interpret } from "./interpreter";

/**
 * Code that has spent another lot of gas: the handle of its best compiled form, installed in this instance, or 0. Asked
 * less and less often for the same code.
 */
// @ts-ignore: decorator
@external("host", "compiledCode")
declare function hostCompiledCode(hash: usize, bytes: usize, length: u32, fork: u32): u32;

/** Status of a compiled function that leaves its frame, unchanged or with its state written back, to the interpreter. */
export const INTERPRET: u32 = 0xfe;

/** Functions that an instance can hold. A handle is a slot below this and, above 16 bits, the slot's generation. */
export const COMPILED_SLOTS: u32 = 4096;
const NEVER: u64 = u64.MAX_VALUE;

/** Handle by slot of what this instance has installed. */
let installed: usize = 0;
let tableBase: u32 = 0;
/** Gas that code spends before the host is asked for the first time. */
let firstRequest: u64 = NEVER;

/** What a compiled function finds of its frame: the words at and below the stack, the input, the jump table. */
export let STACK_BASE: usize = 0;
export let STACK_TOP: usize = 0;
export let INPUT: usize = 0;
export let INPUT_LENGTH: u32 = 0;
export let JUMP_TABLE: usize = 0;
/** Handle of the compiled function that runs. */
export let RUNNING: u32 = 0;

/** Once per instance; `base` is the first free element of the function table. */
export function initCompiledCode(base: u32, gasBeforeRequest: u64): void {
  if (installed == 0) installed = reserve(<usize>COMPILED_SLOTS << 2);
  tableBase = base;
  firstRequest = gasBeforeRequest;
}

/** Slot 0 stays empty, so that no handle is 0. */
export function markInstalled(slot: u32, handle: u32): void {
  store<u32>(installed + (<usize>slot << 2), handle);
}

// @ts-ignore: decorator
@inline
function isInstalled(handle: u32): bool {
  return handle != 0 && load<u32>(installed + (<usize>(handle & 0xffff) << 2)) == handle;
}

/** Whether another instance that uses the state has the function, and this one does not. */
// @ts-ignore: decorator
@inline
function isMissing(handle: u32): bool {
  return SHARING && handle != 0 && !isInstalled(handle);
}

/** Runs the current frame as `interpret` does, compiled where possible. */
export function runFrame(): u32 {
  if (TRACE || GUEST) return interpret();
  if (firstRequest == NEVER) return interpret();
  const frame = FRAME;
  const code = changetype<Code>(frame.code);
  const before = GAS;
  if (code.end == 0 && (code.heat >= firstRequest + code.requestAt || isMissing(code.compiled))) request(code);
  let status = INTERPRET;
  if (isInstalled(code.compiled)) status = runCompiled(frame, code);
  if (status == INTERPRET) status = interpret();
  const spent = before - GAS - (FRAME != frame ? frame.gas : 0);
  if (spent > 0) code.heat += spent;
  return status;
}

function request(code: Code): void {
  code.requestAt = code.heat + (code.heat >> 1) + 1;
  const bytes = codeBytes(changetype<usize>(code));
  keccak256(bytes, code.length, SCRATCH);
  code.compiled = hostCompiledCode(SCRATCH, bytes, code.length, FORK);
}

/** Goes on where the same function suspended the frame, else at the beginning of the frame's basic block. */
function runCompiled(frame: Frame, code: Code): u32 {
  const handle = code.compiled;
  const entry = frame.entry != 0 && frame.compiled == handle ? frame.entry : <u32>((frame.block - code.blocks) >> 3);
  frame.entry = 0;
  STACK_BASE = frame.stack;
  STACK_TOP = frame.sp;
  INPUT = frame.input;
  INPUT_LENGTH = frame.inputLength;
  JUMP_TABLE = code.jumpTable;
  RUNNING = handle;
  return call_indirect<u32>(tableBase + (handle & 0xffff), entry);
}
