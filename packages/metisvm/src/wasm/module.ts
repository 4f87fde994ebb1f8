import { Bytes } from "./bytes.ts";
import { I32, I64, type ValueType } from "./instructions.ts";
import type { Locals } from "./locals.ts";

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** Pages that the kernel's shared memory may have (packages/kernel/src/instance.ts). */
export const MAXIMUM_PAGES = 49_152;
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;
const KIND = { function: 0, memory: 2, global: 3 } as const;

/** What compiled code takes from the kernel, by exported name: mutable globals and functions. */
export const GLOBALS: Readonly<Record<string, ValueType>> = {
  GAS: I64,
  HALT: I32,
  FRAME: I32,
  MEMORY: I32,
  MEMORY_SIZE: I64,
  RETURN_DATA_LENGTH: I32,
  STACK_BASE: I32,
  STACK_TOP: I32,
  INPUT: I32,
  INPUT_LENGTH: I32,
  JUMP_TABLE: I32,
};

const type = (parameters: readonly ValueType[], results: readonly ValueType[] = []): FunctionType => ({
  parameters,
  results,
});
/** (sp) → whether the instruction went through. */
const INSTRUCTION = type([I32], [I32]);
const SUSPENSION = type([I32, I32, I32, I32, I32], [I32]);
const BINARY = type([I32, I32, I32]);
const FUNCTIONS: Readonly<Record<string, FunctionType>> = {
  divide: BINARY,
  divideSigned: BINARY,
  modulo: BINARY,
  moduloSigned: BINARY,
  addModulo: type([I32, I32, I32, I32]),
  multiplyModulo: type([I32, I32, I32, I32]),
  signExtendWord: type([I32]),
  power: INSTRUCTION,
  reachMemory: type([I64], [I32]),
  readStorage: INSTRUCTION,
  storeStorage: INSTRUCTION,
  loadTransient: type([I32]),
  storeTransient: INSTRUCTION,
  balance: INSTRUCTION,
  externalCodeSize: INSTRUCTION,
  externalCodeHash: INSTRUCTION,
  externalCodeCopy: INSTRUCTION,
  readInput: type([I32]),
  copyInput: INSTRUCTION,
  copyCode: INSTRUCTION,
  copyReturnData: INSTRUCTION,
  copyWithinMemory: INSTRUCTION,
  hashMemory: INSTRUCTION,
  blockHash: type([I32]),
  blobHash: type([I32]),
  log: type([I32, I32], [I32]),
  readEnvironment: type([I32, I32]),
  callMessage: SUSPENSION,
  createContract: SUSPENSION,
  leaveToInterpreter: type([I32, I32, I32], [I32]),
  handOverRange: type([I32, I32], [I32]),
  stopFrame: type([], [I32]),
  destroySelf: INSTRUCTION,
  haltBlock: type([I32, I32], [I32]),
};

export const KERNEL_FUNCTIONS: readonly string[] = Object.keys(FUNCTIONS);
const GLOBAL_NAMES = Object.keys(GLOBALS);

/** Index of a function of the kernel; a module's own functions follow them all. */
export function kernelFunction(name: string): number {
  return indexIn(KERNEL_FUNCTIONS, name);
}

/** Index of the n-th of a module's own functions. */
export function ownFunction(n: number): number {
  return KERNEL_FUNCTIONS.length + n;
}

export function kernelGlobal(name: string): number {
  return indexIn(GLOBAL_NAMES, name);
}

function indexIn(names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index < 0) throw new RangeError(`the kernel does not lend ${name}`);
  return index;
}

export interface ModuleFunction {
  readonly type: FunctionType;
  readonly locals: Locals;
  readonly code: Uint8Array;
}

/** A module of `functions` over the kernel's memory; the first is exported as `run`. */
export function encodeModule(functions: readonly ModuleFunction[]): Uint8Array {
  const types = [...Object.values(FUNCTIONS), ...functions.map((f) => f.type)];
  const out = new Bytes();
  out.raw(MAGIC);
  section(out, SECTION.type, (to) => vector(to, types, encodeType));
  section(out, SECTION.import, encodeImports);
  section(out, SECTION.function, (to) => vector(to, functions, (at, _, index) => at.unsigned(ownFunction(index))));
  section(out, SECTION.export, (to) => {
    to.unsigned(1);
    name(to, "run");
    to.u8(KIND.function);
    to.unsigned(ownFunction(0));
  });
  section(out, SECTION.code, (to) => vector(to, functions, encodeFunction));
  return out.written.slice();
}

function section(out: Bytes, id: number, write: (to: Bytes) => void): void {
  const content = new Bytes();
  write(content);
  out.u8(id);
  out.sized(content.written);
}

function vector<T>(to: Bytes, items: readonly T[], write: (to: Bytes, item: T, index: number) => void): void {
  to.unsigned(items.length);
  items.forEach((item, index) => {
    write(to, item, index);
  });
}

function name(to: Bytes, text: string): void {
  to.sized(new TextEncoder().encode(text));
}

function encodeType(to: Bytes, { parameters, results }: FunctionType): void {
  to.u8(0x60);
  to.sized(parameters);
  to.sized(results);
}

function encodeImports(to: Bytes): void {
  to.unsigned(1 + KERNEL_FUNCTIONS.length + GLOBAL_NAMES.length);
  name(to, "env");
  name(to, "memory");
  to.u8(KIND.memory);
  to.u8(0x03);
  to.unsigned(1);
  to.unsigned(MAXIMUM_PAGES);
  KERNEL_FUNCTIONS.forEach((field, index) => {
    name(to, "kernel");
    name(to, field);
    to.u8(KIND.function);
    to.unsigned(index);
  });
  for (const [field, valueType] of Object.entries(GLOBALS)) {
    name(to, "kernel");
    name(to, field);
    to.u8(KIND.global);
    to.u8(valueType);
    to.u8(1);
  }
}

function encodeFunction(to: Bytes, { locals, code }: ModuleFunction): void {
  const body = new Bytes();
  vector(body, locals.runs(), (at, [count, valueType]) => {
    at.unsigned(count);
    at.u8(valueType);
  });
  body.raw(code);
  to.sized(body.written);
}
