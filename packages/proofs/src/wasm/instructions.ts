import { TranslateError } from "../errors.ts";
import { I32, I64, Op, type ValueType } from "./opcodes.ts";
import type { Reader } from "./reader.ts";

/** One instruction with its immediates. */
export interface Instruction {
  readonly op: number;
  /** Index, label, offset of an access, or result type of a block (0: none). */
  readonly index: number;
  /** Constant. */
  readonly value: bigint;
  /** Labels of a `br_table`, the default last. */
  readonly labels: readonly number[];
}

const NO_LABELS: readonly number[] = [];
const NO_RESULT = 0x40;

/** The instructions of a function body up to its last `end`. Throws `TranslateError` at the first one out of the subset. */
export function readInstructions(reader: Reader): Instruction[] {
  const instructions: Instruction[] = [];
  while (!reader.ended) instructions.push(readInstruction(reader));
  return instructions;
}

function readInstruction(reader: Reader): Instruction {
  const op = reader.u8();
  if (op === Op.block || op === Op.loop || op === Op.if) return plain(op, blockResult(reader));
  if (op === Op.br_table) return { op, index: 0, value: 0n, labels: tableLabels(reader) };
  if (op === Op.call_indirect) return callIndirect(reader);
  if (op === Op.select_typed) {
    reader.vector(() => valueType(reader.u8()));
    return plain(Op.select);
  }
  if (op === Op.i32_const || op === Op.i64_const) return { op, index: 0, value: reader.signed(), labels: NO_LABELS };
  if (hasIndex(op)) return plain(op, reader.unsigned());
  if (isAccess(op)) {
    reader.unsigned();
    return plain(op, reader.unsigned());
  }
  if (op === 0xfc) return bulk(reader);
  if (isBare(op)) return plain(op);
  throw unsupported(`opcode 0x${op.toString(16)}`);
}

function plain(op: number, index = 0): Instruction {
  return { op, index, value: 0n, labels: NO_LABELS };
}

/** Value type, or the error for one that is no integer. */
export function valueType(byte: number): ValueType {
  if (byte === I32 || byte === I64) return byte;
  throw unsupported(`value type 0x${byte.toString(16)}`);
}

function blockResult(reader: Reader): number {
  const byte = reader.u8();
  return byte === NO_RESULT ? 0 : valueType(byte);
}

function tableLabels(reader: Reader): number[] {
  const labels = reader.vector(() => reader.unsigned());
  return [...labels, reader.unsigned()];
}

function callIndirect(reader: Reader): Instruction {
  const type = reader.unsigned();
  if (reader.unsigned() !== 0) throw unsupported("more than one table");
  return plain(Op.call_indirect, type);
}

function bulk(reader: Reader): Instruction {
  const op = 0x100 + reader.unsigned();
  if (op === Op.memory_copy) reader.take(2);
  else if (op === Op.memory_fill) reader.take(1);
  else throw unsupported(`opcode 0xfc ${op - 0x100}`);
  return plain(op);
}

function hasIndex(op: number): boolean {
  return (
    op === Op.br ||
    op === Op.br_if ||
    op === Op.call ||
    (op >= Op.local_get && op <= Op.global_set) ||
    op === Op.memory_size ||
    op === Op.memory_grow
  );
}

/** Loads and stores of integers. */
function isAccess(op: number): boolean {
  return op === 0x28 || op === 0x29 || (op >= 0x2c && op <= 0x37) || (op >= 0x3a && op <= 0x3e);
}

/** Instructions without immediates: control, parametric, and numeric ones of integers with sign extension. */
function isBare(op: number): boolean {
  const control = op === Op.unreachable || op === Op.nop || op === Op.else || op === Op.end || op === Op.return;
  const parametric = op === Op.drop || op === Op.select;
  const compare = op >= 0x45 && op <= 0x5a;
  const arithmetic = op >= 0x67 && op <= 0x8a;
  const conversion = op === 0xa7 || op === 0xac || op === 0xad || (op >= 0xc0 && op <= 0xc4);
  return control || parametric || compare || arithmetic || conversion;
}

function unsupported(what: string): TranslateError {
  return new TranslateError("UNSUPPORTED", `${what} is outside of the integer subset`);
}
