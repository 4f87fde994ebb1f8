import * as rv from "../riscv/encode.ts";
import { LINK, T0, T1, T2, ZERO } from "../riscv/registers.ts";
import { Op } from "../wasm/opcodes.ts";
import { consumeTest, isConsumed } from "./conditions.ts";
import type { FunctionTranslator, Handler } from "./function.ts";
import { bitLength, isLowMask, loadConstant, move } from "./program.ts";

const { Condition } = rv;

/** A binary operation, and its form with a constant of 12 bits if there is one. */
interface Binary {
  readonly form: rv.RegisterForm;
  readonly immediate?: rv.ImmediateForm;
  readonly commutes?: true;
  /** Of shifts: amounts count modulo this. */
  readonly width?: number;
}

const BINARIES: Readonly<Record<number, Binary>> = {
  106: { form: rv.addw, immediate: rv.addiw, commutes: true },
  108: { form: rv.mulw },
  113: { form: rv.and, immediate: rv.andi, commutes: true },
  114: { form: rv.or, immediate: rv.ori, commutes: true },
  115: { form: rv.xor, immediate: rv.xori, commutes: true },
  116: { form: rv.sllw, immediate: rv.slliw, width: 32 },
  117: { form: rv.sraw, immediate: rv.sraiw, width: 32 },
  118: { form: rv.srlw, immediate: rv.srliw, width: 32 },
  124: { form: rv.add, immediate: rv.addi, commutes: true },
  126: { form: rv.mul },
  131: { form: rv.and, immediate: rv.andi, commutes: true },
  132: { form: rv.or, immediate: rv.ori, commutes: true },
  133: { form: rv.xor, immediate: rv.xori, commutes: true },
  134: { form: rv.sll, immediate: rv.slli, width: 64 },
  135: { form: rv.sra, immediate: rv.srai, width: 64 },
  136: { form: rv.srl, immediate: rv.srli, width: 64 },
};

const [I32_AND, I64_AND, I32_SHR_U] = [113, 131, 118];

/** `least`: the operand whose division by −1 overflows, of signed quotients. */
interface Division {
  readonly form: rv.RegisterForm;
  readonly least?: bigint;
}

const DIVISIONS: Readonly<Record<number, Division>> = {
  109: { form: rv.divw, least: -(1n << 31n) },
  110: { form: rv.divuw },
  111: { form: rv.remw },
  112: { form: rv.remuw },
  127: { form: rv.div, least: -(1n << 63n) },
  128: { form: rv.divu },
  129: { form: rv.rem },
  130: { form: rv.remu },
};

/** Comparisons from `eq` on, in the order of their opcodes. `swap`: the second operand comes first. */
const COMPARISONS: readonly { readonly condition: number; readonly swap?: true }[] = [
  { condition: Condition.eq },
  { condition: Condition.ne },
  { condition: Condition.lt },
  { condition: Condition.ltu },
  { condition: Condition.lt, swap: true },
  { condition: Condition.ltu, swap: true },
  { condition: Condition.ge, swap: true },
  { condition: Condition.geu, swap: true },
  { condition: Condition.ge },
  { condition: Condition.geu },
];

/** Signed values of fewer bits, by two shifts. */
const EXTENSIONS: Readonly<Record<number, number>> = { 192: 56, 193: 48, 194: 56, 195: 48 };

/** Arithmetic, comparisons and conversions. */
export const NUMERIC: Readonly<Record<number, Handler>> = {
  ...table(BINARIES, (f, binary, op) => emitBinary(f, binary, op)),
  ...table(DIVISIONS, (f, division) => emitDivision(f, division)),
  ...table(EXTENSIONS, (f, shift) => unary(f, [(d, a) => rv.slli(d, a, shift), (d) => rv.srai(d, d, shift)])),
  ...Object.fromEntries(
    COMPARISONS.map((comparison, i) => [0x46 + i, (f: FunctionTranslator) => compare(f, comparison)]),
  ),
  ...Object.fromEntries(
    COMPARISONS.map((comparison, i) => [0x51 + i, (f: FunctionTranslator) => compare(f, comparison)]),
  ),
  [Op.i32_eqz]: compareWithZero,
  [Op.i64_eqz]: compareWithZero,
  103: (f) => countLeadingZeros(f, 32),
  104: (f) => countTrailingZeros(f, 32),
  105: (f) => countOnes(f, 32),
  107: (f) => subtract(f, rv.subw, rv.addiw),
  119: (f) => rotate(f, 32, rv.sllw, rv.srlw, rv.slliw, rv.srliw),
  120: (f) => rotate(f, 32, rv.srlw, rv.sllw, rv.srliw, rv.slliw),
  121: (f) => countLeadingZeros(f, 64),
  122: (f) => countTrailingZeros(f, 64),
  123: (f) => countOnes(f, 64),
  125: (f) => subtract(f, rv.sub, rv.addi),
  137: (f) => rotate(f, 64, rv.sll, rv.srl, rv.slli, rv.srli),
  138: (f) => rotate(f, 64, rv.srl, rv.sll, rv.srli, rv.slli),
  167: wrap,
  172: () => {},
  173: extendUnsigned,
  196: (f) => unary(f, [(d, a) => rv.addiw(d, a, 0)]),
};

function table<T>(
  entries: Readonly<Record<number, T>>,
  emit: (f: FunctionTranslator, entry: T, op: number) => void,
): Record<number, Handler> {
  return Object.fromEntries(
    Object.entries(entries).map(([op, entry]) => [op, (f) => emit(f, entry, Number(op))] as [string, Handler]),
  );
}

function fits(value: bigint): boolean {
  return value >= -2048n && value < 2048n;
}

/** Value of the operand `depth` below the top, if it is a constant. */
function constantAt({ operands }: FunctionTranslator, depth: number): bigint | undefined {
  const operand = operands.peek(depth);
  return operand.kind === "constant" ? operand.value : undefined;
}

function emitBinary(f: FunctionTranslator, { form, immediate, commutes, width }: Binary, op: number): void {
  const {
    operands,
    program: { asm },
  } = f;
  const right = constantAt(f, 0);
  if (immediate && right !== undefined && (width !== undefined || fits(right))) {
    const value = width === undefined ? Number(right) : Number(BigInt.asUintN(width === 32 ? 5 : 6, right));
    operands.drop();
    const a = operands.pop(T0);
    const d = f.result();
    asm.emit(immediate(d, a, value));
    operands.push(d, op === I32_SHR_U ? value > 0 : (op === I32_AND || op === I64_AND) && right >= 0n);
    return;
  }
  if ((op === I32_AND || op === I64_AND) && right !== undefined && isLowMask(right)) {
    mask(f, bitLength(right));
    return;
  }
  const left = constantAt(f, 1);
  if (immediate && commutes && left !== undefined && fits(left)) {
    const b = operands.pop(T0);
    operands.drop();
    const d = f.result();
    asm.emit(immediate(d, b, Number(left)));
    operands.push(d);
    return;
  }
  const b = operands.pop(T1);
  const a = operands.pop(T0);
  const d = f.result();
  asm.emit(form(d, a, b));
  operands.push(d);
}

/** Keeps the lowest `bits` of a value. */
function mask(f: FunctionTranslator, bits: number): void {
  f.operands.drop();
  const a = f.operands.pop(T0);
  const d = f.result();
  f.program.asm.emit(rv.slli(d, a, 64 - bits));
  f.program.asm.emit(rv.srli(d, d, 64 - bits));
  f.operands.push(d, bits < 32);
}

function subtract(f: FunctionTranslator, form: rv.RegisterForm, immediate: rv.ImmediateForm): void {
  const {
    operands,
    program: { asm },
  } = f;
  const right = constantAt(f, 0);
  if (right !== undefined && fits(-right)) {
    operands.drop();
    const a = operands.pop(T0);
    const d = f.result();
    asm.emit(immediate(d, a, Number(-right)));
    operands.push(d);
    return;
  }
  const b = operands.pop(T1);
  const a = operands.pop(T0);
  const d = f.result();
  asm.emit(form(d, a, b));
  operands.push(d);
}

/** What the machine answers without a trap, WebAssembly does not: division by zero, and the overflow of a quotient. */
function emitDivision(f: FunctionTranslator, { form, least }: Division): void {
  const {
    operands,
    program: { asm },
  } = f;
  const divisor = constantAt(f, 0);
  const b = operands.pop(T1);
  const a = operands.pop(T0);
  if (divisor === undefined || divisor === 0n) asm.branch(Condition.eq, b, ZERO, f.trap());
  if (least !== undefined && (divisor === undefined || divisor === -1n)) {
    const [rare, fine] = [asm.label(), asm.label()];
    asm.emit(rv.addi(T2, ZERO, -1));
    asm.branch(Condition.eq, b, T2, rare);
    asm.bind(fine);
    f.later(() => {
      asm.bind(rare);
      loadConstant(f.program, T2, least);
      asm.branch(Condition.ne, a, T2, fine);
      asm.jump(f.trap());
    });
  }
  const d = f.result();
  asm.emit(form(d, a, b));
  operands.push(d);
}

function compare(
  f: FunctionTranslator,
  { condition, swap }: { readonly condition: number; readonly swap?: true },
): void {
  const {
    operands,
    program: { asm },
  } = f;
  const right = constantAt(f, 0);
  if (right !== undefined && right !== 0n && fits(right) && fits(right + 1n) && right !== -1n && !isConsumed(f)) {
    operands.drop();
    const a = operands.pop(T0);
    const d = f.result();
    compareWithConstant(f, condition, swap === true, d, a, Number(right));
    operands.push(d, true);
    return;
  }
  const b = operands.pop(T1);
  const a = operands.pop(T0);
  const test = swap ? { condition, first: b, second: a } : { condition, first: a, second: b };
  if (consumeTest(f, test)) return;
  const d = f.result();
  const { first, second } = test;
  if (condition === Condition.eq || condition === Condition.ne) {
    asm.emit(rv.xor(d, first, second));
    asm.emit(condition === Condition.eq ? rv.sltiu(d, d, 1) : rv.sltu(d, ZERO, d));
  } else {
    asm.emit((condition >= Condition.ltu ? rv.sltu : rv.slt)(d, first, second));
    if (condition & 1) asm.emit(rv.xori(d, d, 1));
  }
  operands.push(d, true);
}

/** `swap`: the constant comes first. a ≤ c is a < c + 1. */
function compareWithConstant(
  { program: { asm } }: FunctionTranslator,
  condition: number,
  swap: boolean,
  d: number,
  a: number,
  c: number,
): void {
  if (condition === Condition.eq || condition === Condition.ne) {
    asm.emit(rv.xori(d, a, c));
    asm.emit(condition === Condition.eq ? rv.sltiu(d, d, 1) : rv.sltu(d, ZERO, d));
    return;
  }
  const form = condition >= Condition.ltu ? rv.sltiu : rv.slti;
  asm.emit(form(d, a, swap ? c + 1 : c));
  // c < a is not a < c + 1, c ≥ a is.
  if (((condition & 1) === 1) !== swap) asm.emit(rv.xori(d, d, 1));
}

function compareWithZero(f: FunctionTranslator): void {
  const a = f.operands.pop(T0);
  if (consumeTest(f, { condition: Condition.eq, first: a, second: ZERO })) return;
  const d = f.result();
  f.program.asm.emit(rv.sltiu(d, a, 1));
  f.operands.push(d, true);
}

function unary(f: FunctionTranslator, steps: readonly ((d: number, a: number) => number)[], nonNegative = false): void {
  const a = f.operands.pop(T0);
  const d = f.result();
  for (const step of steps) f.program.asm.emit(step(d, a));
  f.operands.push(d, nonNegative);
}

function wrap(f: FunctionTranslator): void {
  const constant = constantAt(f, 0);
  if (constant !== undefined) {
    f.operands.drop();
    f.operands.pushConstant(BigInt.asIntN(32, constant));
  } else if (!f.operands.peek().nonNegative) unary(f, [(d, a) => rv.addiw(d, a, 0)]);
}

function extendUnsigned(f: FunctionTranslator): void {
  const constant = constantAt(f, 0);
  if (constant !== undefined) {
    f.operands.drop();
    f.operands.pushConstant(BigInt.asUintN(32, constant));
  } else if (!f.operands.peek().nonNegative) unary(f, [(d, a) => rv.slli(d, a, 32), (d) => rv.srli(d, d, 32)]);
}

/** Shifts both ways by amounts that sum up to the width: `there` first. */
function rotate(
  f: FunctionTranslator,
  width: number,
  there: rv.RegisterForm,
  back: rv.RegisterForm,
  thereBy: rv.ImmediateForm,
  backBy: rv.ImmediateForm,
): void {
  const {
    operands,
    program: { asm },
  } = f;
  const constant = constantAt(f, 0);
  const amount = constant === undefined ? undefined : Number(BigInt.asUintN(width === 32 ? 5 : 6, constant));
  if (amount === 0) {
    operands.drop();
    return;
  }
  const b = amount === undefined ? operands.pop(T1) : ZERO;
  if (amount !== undefined) operands.drop();
  const a = operands.pop(T0);
  if (amount === undefined) {
    asm.emit(there(T2, a, b));
    asm.emit(rv.sub(T1, ZERO, b));
    asm.emit(back(T1, a, T1));
  } else {
    asm.emit(thereBy(T2, a, amount));
    asm.emit(backBy(T1, a, width - amount));
  }
  const d = f.result();
  asm.emit(rv.or(d, T2, T1));
  operands.push(d);
}

/** Takes the operand to T1, without a sign if it has 32 bits. */
function takeCounted(f: FunctionTranslator, width: number): void {
  const { asm } = f.program;
  const a = f.operands.pop(T0);
  if (width === 64) move(asm, T1, a);
  else {
    asm.emit(rv.slli(T1, a, 32));
    asm.emit(rv.srli(T1, T1, 32));
  }
}

function countLeadingZeros(f: FunctionTranslator, width: number): void {
  takeCounted(f, width);
  f.program.asm.jump(f.program.routines.leadingZeros, LINK);
  const d = f.result();
  f.program.asm.emit(rv.addi(d, T1, width - 64));
  f.operands.push(d, true);
}

function countOnes(f: FunctionTranslator, width: number): void {
  takeCounted(f, width);
  finishCount(f);
}

/** The ones below the lowest one. */
function countTrailingZeros(f: FunctionTranslator, width: number): void {
  const { asm } = f.program;
  const a = f.operands.pop(T0);
  if (width === 32) {
    asm.emit(rv.addi(T2, ZERO, 1));
    asm.emit(rv.slli(T2, T2, 32));
    asm.emit(rv.or(T1, a, T2));
  } else move(asm, T1, a);
  asm.emit(rv.sub(T2, ZERO, T1));
  asm.emit(rv.and(T1, T1, T2));
  asm.emit(rv.addi(T1, T1, -1));
  finishCount(f);
}

function finishCount(f: FunctionTranslator): void {
  f.program.asm.jump(f.program.routines.population, LINK);
  const d = f.result();
  move(f.program.asm, d, T1);
  f.operands.push(d, true);
}
