import { TranslateError } from "../errors.ts";
import type { Entry, Image, Import, Segment } from "../image.ts";
import { Assembler, type Label } from "../riscv/assembler.ts";
import * as rv from "../riscv/encode.ts";
import { A0, A7, ARGUMENTS, GP, MEMORY_LIMIT, RA, SP, T0, TP, ZERO } from "../riscv/registers.ts";
import { type FunctionType, type Module, readModule } from "../wasm/module.ts";
import { I64 } from "../wasm/opcodes.ts";
import { Ecall } from "./calls.ts";
import { Data } from "./data.ts";
import { translateFunction } from "./function.ts";
import {
  DATA_BASE,
  GUARD,
  MAXIMUM_PAGES,
  MEMORY_BASE,
  PAGE,
  STACK_TOP,
  TEXT_BASE,
  TEXT_LIMIT,
  WINDOW,
} from "./layout.ts";
import { loadSlot, type Program } from "./program.ts";
import { emitRoutines } from "./routines.ts";

/** An image, and what only those need who measure. */
export interface Translation {
  readonly image: Image;
  /** Per instruction of the text, how many of the module's it begins. */
  readonly sourceCounts: Uint16Array;
}

/** The module's own start function, as an entry. */
export const START = "(start)";

/**
 * Translates a WebAssembly module of the integer subset (MVP, sign extension, `memory.copy` and `memory.fill`) into an image
 * that behaves as it does. The same bytes give the same image.
 *
 * @throws TranslateError for what is no module, outside of the subset, or too large for the image's layout
 */
export function translate(wasm: Uint8Array): Translation {
  const module = readModule(wasm);
  checkSizes(module);
  const program = openProgram(module);
  const { asm, data } = program;
  const caller = emitCaller(program);
  emitRoutines(program);
  for (const [index, imported] of module.imports.entries()) emitImport(program, index, imported.type);
  for (let index = 0; index < module.functions.length; index++) translateFunction(program, index);
  const { words, sourceCounts, address } = asm.assemble(TEXT_BASE);
  if (4 * words.length > TEXT_LIMIT - TEXT_BASE) throw new TranslateError("TOO_LARGE", "a text of over 14 MiB");
  fillTable(program, address);
  const entries: Entry[] = module.exports.map((exported) =>
    entryOf(program, exported.name, exported.function, address),
  );
  if (module.start !== undefined) entries.push(entryOf(program, START, module.start, address));
  const imports: Import[] = module.imports.map(({ module: from, name, type }) => ({
    name: `${from}.${name}`,
    ...signatureOf(type),
  }));
  const segments: Segment[] = [{ address: DATA_BASE, bytes: data.finish(address) }];
  for (const { offset, bytes } of module.data) segments.push({ address: MEMORY_BASE + offset, bytes });
  return { image: { text: words, caller: address(caller), entries, imports, segments }, sourceCounts };
}

function checkSizes({ imports, initialPages, types }: Module): void {
  if (initialPages === 0) throw new TranslateError("UNSUPPORTED", "a module that begins without memory");
  if (initialPages > MAXIMUM_PAGES) throw new TranslateError("TOO_LARGE", `a memory of ${initialPages} pages`);
  if (imports.some(({ type }) => type.parameters.length > ARGUMENTS)) {
    throw new TranslateError("UNSUPPORTED", "an import with over eight parameters");
  }
  if (types.some(({ parameters }) => parameters.length > 64)) {
    throw new TranslateError("TOO_LARGE", "a function with over 64 parameters");
  }
}

function openProgram(module: Module): Program {
  const [asm, data] = [new Assembler(), new Data()];
  const memorySize = data.slot(BigInt(module.initialPages * PAGE));
  const globals = module.globals.map(({ initial }) => data.slot(initial));
  const types = [...module.imports, ...module.functions].map(({ type }) => type);
  const numbers = new Map<string, number>();
  const label = (): Label => asm.label();
  return {
    ...{ module, asm, data, memorySize, globals, types },
    functions: types.map(label),
    table: data.reserve(8 * module.table.length),
    routines: {
      ...{ trap: label(), copy: label(), fill: label(), grow: label() },
      ...{ leadingZeros: label(), population: label() },
    },
    typeNumber({ parameters, results }) {
      const key = `${parameters}>${results}`;
      const number = numbers.get(key) ?? numbers.size + 1;
      numbers.set(key, number);
      return number;
    },
  };
}

/** Sets up the registers, calls the function in T0 and hands its result to the host. */
function emitCaller({ asm, memorySize }: Program): Label {
  const caller = asm.here();
  asm.emit(rv.lui(SP, STACK_TOP >> 12));
  asm.emit(rv.lui(GP, DATA_BASE >> 12));
  asm.emit(rv.addi(GP, GP, WINDOW / 4));
  asm.emit(rv.addi(GP, GP, WINDOW / 4));
  asm.emit(rv.lui(TP, MEMORY_BASE >> 12));
  loadSlot(asm, MEMORY_LIMIT, memorySize);
  asm.emit(rv.addi(MEMORY_LIMIT, MEMORY_LIMIT, -GUARD));
  asm.emit(rv.jalr(RA, T0, 0));
  asm.emit(rv.addi(A7, ZERO, Ecall.returned));
  asm.emit(rv.ECALL);
  return caller;
}

/** An import's arguments are where the host looks for them. */
function emitImport({ asm, functions }: Program, index: number, { results }: FunctionType): void {
  asm.bind(functions[index]!);
  asm.emit(rv.addi(A7, ZERO, Ecall.firstImport + index));
  asm.emit(rv.ECALL);
  if (results.length > 0 && results[0] !== I64) asm.emit(rv.addiw(A0, A0, 0));
  asm.emit(rv.jalr(ZERO, RA, 0));
}

function fillTable(
  { module, data, table, types, functions, typeNumber }: Program,
  address: (label: Label) => number,
): void {
  for (const [slot, index] of module.table.entries()) {
    if (index === undefined) continue;
    data.set32(table + 8 * slot, address(functions[index]!));
    data.set32(table + 8 * slot + 4, typeNumber(types[index]!));
  }
}

function entryOf(program: Program, name: string, index: number, address: (label: Label) => number): Entry {
  return { name, address: address(program.functions[index]!), ...signatureOf(program.types[index]!) };
}

function signatureOf({ parameters, results }: FunctionType): {
  readonly parameters: number[];
  readonly result: number;
} {
  const size = (type: number | undefined): number => (type === undefined ? 0 : type === I64 ? 8 : 4);
  return { parameters: parameters.map(size), result: size(results[0]) };
}
