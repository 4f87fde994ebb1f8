import { TranslateError } from "../errors.ts";
import { type Instruction, readInstructions, valueType } from "./instructions.ts";
import { Op, type ValueType } from "./opcodes.ts";
import { Reader } from "./reader.ts";

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  /** At most one. */
  readonly results: readonly ValueType[];
}

export interface ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly type: FunctionType;
}

export interface DefinedFunction {
  readonly type: FunctionType;
  /** Types of the locals behind the parameters. */
  readonly locals: readonly ValueType[];
  readonly body: readonly Instruction[];
}

export interface Global {
  readonly type: ValueType;
  readonly initial: bigint;
}

/** What the translator needs of a module. */
export interface Module {
  readonly types: FunctionType[];
  readonly imports: ImportedFunction[];
  readonly functions: DefinedFunction[];
  readonly globals: Global[];
  /** Pages of memory; without one, 0. */
  initialPages: number;
  maximumPages: number;
  /** Functions of the table by slot; `undefined` where it is empty. */
  readonly table: (number | undefined)[];
  readonly exports: { readonly name: string; readonly function: number }[];
  start: number | undefined;
  readonly data: { readonly offset: number; readonly bytes: Uint8Array }[];
}

const HIGHEST_TABLE = 1 << 16;

/**
 * Reads a module of the integer subset (MVP, bulk memory without segments, sign extension).
 *
 * @throws TranslateError `INVALID_MODULE` when it is no valid WebAssembly, `UNSUPPORTED` when it is outside of the subset
 */
export function readModule(bytes: Uint8Array): Module {
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) {
    throw new TranslateError("INVALID_MODULE", "the bytes are no valid WebAssembly module");
  }
  const module: Module = {
    ...{ types: [], imports: [], functions: [], globals: [], initialPages: 0, maximumPages: 65_536 },
    ...{ table: [], exports: [], start: undefined, data: [] },
  };
  const declared: number[] = [];
  const reader = new Reader(Uint8Array.from(bytes.subarray(8)));
  while (!reader.ended) {
    const id = reader.u8();
    const section = new Reader(reader.take(reader.unsigned()));
    if (id === 3) declared.push(...section.vector(() => section.unsigned()));
    else if (id === 10) section.vector((i) => readFunction(module, section, module.types[declared[i]!]!));
    else SECTIONS[id]?.(module, section);
  }
  return module;
}

/** Readers of sections by id; others say nothing that matters here. */
const SECTIONS: Readonly<Record<number, (module: Module, section: Reader) => void>> = {
  1: (module, section) => section.vector(() => module.types.push(readType(section))),
  2: (module, section) => section.vector(() => readImport(module, section)),
  4: (module, section) => section.vector(() => readTable(module, section)),
  5: (module, section) => section.vector(() => readMemory(module, section)),
  6: (module, section) => section.vector(() => readGlobal(module, section)),
  7: (module, section) => section.vector(() => readExport(module, section)),
  8: (module, section) => {
    module.start = section.unsigned();
  },
  9: (module, section) => section.vector(() => readElements(module, section)),
  11: (module, section) => section.vector(() => readData(module, section)),
};

function readType(section: Reader): FunctionType {
  if (section.u8() !== 0x60) throw unsupported("a type that is no function's");
  const parameters = section.vector(() => valueType(section.u8()));
  const results = section.vector(() => valueType(section.u8()));
  if (results.length > 1) throw unsupported("a function with several results");
  return { parameters, results };
}

function readImport(module: Module, section: Reader): void {
  const [from, name, kind] = [section.name(), section.name(), section.u8()];
  if (kind === 0) module.imports.push({ module: from, name, type: module.types[section.unsigned()]! });
  else if (kind === 2) readMemory(module, section);
  else throw unsupported(`the import ${from}.${name}, neither function nor memory,`);
}

function readTable(module: Module, section: Reader): void {
  if (section.u8() !== 0x70) throw unsupported("a table of anything but functions");
  const [length] = readLimits(section);
  if (length > HIGHEST_TABLE) throw new TranslateError("TOO_LARGE", `a table of ${length} slots`);
  for (let i = 0; i < length; i++) module.table.push(undefined);
}

function readMemory(module: Module, section: Reader): void {
  [module.initialPages, module.maximumPages] = readLimits(section);
}

function readLimits(section: Reader): [initial: number, maximum: number] {
  const flags = section.u8();
  if (flags > 1) throw unsupported("shared or 64-bit memory");
  const initial = section.unsigned();
  return [initial, flags === 1 ? section.unsigned() : 65_536];
}

function readGlobal(module: Module, section: Reader): void {
  const type = valueType(section.u8());
  section.u8();
  module.globals.push({ type, initial: readConstant(module, section) });
}

function readExport(module: Module, section: Reader): void {
  const [name, kind, index] = [section.name(), section.u8(), section.unsigned()];
  if (kind === 0) module.exports.push({ name, function: index });
}

function readElements(module: Module, section: Reader): void {
  if (section.unsigned() !== 0) throw unsupported("an element segment that is not active");
  const offset = Number(readConstant(module, section));
  section.vector((i) => {
    const index = section.unsigned();
    if (offset + i >= module.table.length) throw new TranslateError("INVALID_MODULE", "elements beyond the table");
    module.table[offset + i] = index;
  });
}

function readData(module: Module, section: Reader): void {
  if (section.unsigned() !== 0) throw unsupported("a data segment that is not active");
  const offset = Number(BigInt.asUintN(32, readConstant(module, section)));
  const bytes = section.take(section.unsigned());
  if (offset + bytes.length > module.initialPages * 65_536) {
    throw new TranslateError("INVALID_MODULE", "data beyond the initial memory");
  }
  module.data.push({ offset, bytes });
}

function readConstant(module: Module, section: Reader): bigint {
  const op = section.u8();
  let value: bigint;
  if (op === Op.i32_const || op === Op.i64_const) value = section.signed();
  else if (op === Op.global_get) value = module.globals[section.unsigned()]!.initial;
  else throw unsupported("an initial value that is no constant");
  if (section.u8() !== Op.end) throw unsupported("an initial value that is computed");
  return value;
}

function readFunction(module: Module, section: Reader, type: FunctionType): void {
  const code = new Reader(section.take(section.unsigned()));
  const locals: ValueType[] = [];
  code.vector(() => {
    const [count, local] = [code.unsigned(), valueType(code.u8())];
    if (locals.length + count > 4096) throw new TranslateError("TOO_LARGE", "a function with over 4,096 locals");
    for (let i = 0; i < count; i++) locals.push(local);
  });
  module.functions.push({ type, locals, body: readInstructions(code) });
}

function unsupported(what: string): TranslateError {
  return new TranslateError("UNSUPPORTED", `${what} is outside of the integer subset`);
}
