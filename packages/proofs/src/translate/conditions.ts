import { Condition } from "../riscv/encode.ts";
import { A0, T0, ZERO } from "../riscv/registers.ts";
import type { Instruction } from "../wasm/instructions.ts";
import { Op } from "../wasm/opcodes.ts";
import type { FunctionTranslator } from "./function.ts";

/** A condition over two registers, for a branch. */
export interface Test {
  readonly condition: number;
  readonly first: number;
  readonly second: number;
}

const CONSUMERS: Readonly<Record<number, (f: FunctionTranslator, test: Test, instruction: Instruction) => void>> = {
  [Op.br_if]: (f, test, { index }) => branchOn(f, test, index),
  [Op.if]: (f, test, instruction) => beginIf(f, test, instruction),
  [Op.select]: (f, test) => selectOn(f, test),
};

/** Takes the top of the operand stack as a condition: whether it is not zero. */
export function popTest({ operands }: FunctionTranslator): Test {
  return { condition: Condition.ne, first: operands.pop(T0), second: ZERO };
}

function inverse({ condition, first, second }: Test): Test {
  return { condition: condition ^ 1, first, second };
}

/** Whether a branch, `if` or `select` is behind this comparison, over any `i32.eqz` between. */
export function isConsumed(f: FunctionTranslator): boolean {
  let ahead = 0;
  while (f.next(ahead)?.op === Op.i32_eqz) ahead++;
  return CONSUMERS[f.next(ahead)?.op ?? Op.nop] !== undefined;
}

/** Translates the branch, `if` or `select` behind a comparison with it, over any `i32.eqz` between; false when there is none. */
export function consumeTest(f: FunctionTranslator, test: Test): boolean {
  let [ahead, wanted] = [0, test];
  while (f.next(ahead)?.op === Op.i32_eqz) {
    wanted = inverse(wanted);
    ahead++;
  }
  const instruction = f.next(ahead);
  const consume = instruction && CONSUMERS[instruction.op];
  if (!consume) return false;
  for (let i = 0; i <= ahead; i++) f.skip();
  consume(f, wanted, instruction);
  return true;
}

/** `br_if`. A block's result is in A0 where the branch arrives, which must not disturb A0 where it is not taken. */
export function branchOn(f: FunctionTranslator, test: Test, depth: number): void {
  const { asm } = f.program;
  const block = f.blocks.at(-1 - depth)!;
  const top = block.result && block.kind !== "loop" ? f.operands.peek() : undefined;
  const inPlace = top === undefined || (top.kind === "register" && top.register === A0);
  if (inPlace) {
    asm.branch(test.condition, test.first, test.second, block.label);
    return;
  }
  const past = asm.label();
  asm.branch(test.condition ^ 1, test.first, test.second, past);
  f.operands.load(f.operands.height - 1, A0);
  asm.jump(block.label);
  asm.bind(past);
}

export function beginIf(f: FunctionTranslator, test: Test, { index }: Instruction): void {
  const { asm } = f.program;
  const writes = f.analysis.writes.get(f.index)!;
  f.operands.settle(f.operands.height, writes);
  const otherwise = asm.label();
  asm.branch(test.condition ^ 1, test.first, test.second, otherwise);
  f.blocks.push({
    ...{ kind: "if", label: asm.label(), otherwise, height: f.operands.height },
    ...{ result: index !== 0, bounds: new Map(f.bounds), writes },
  });
}

/** At most one branch: one value, and the other in its place on the condition. */
export function selectOn(f: FunctionTranslator, test: Test): void {
  const { operands } = f;
  const [kept, other] = [operands.height - 2, operands.height - 1];
  const [first, second] = [operands.peek(1), operands.peek()];
  if (first.kind === "register") choose(f, test, kept, other, first.register);
  else if (second.kind === "register") choose(f, inverse(test), other, kept, second.register);
  else {
    const next = f.next();
    const local = next?.op === Op.local_set || next?.op === Op.local_tee ? next.index : -1;
    const home = operands.home(local);
    const direct =
      home !== undefined && home !== test.first && home !== test.second && !operands.holdsLocal(local, kept);
    const target = direct ? home : operands.allocate(test.first, test.second);
    if (direct && second.kind === "local" && second.local === local) choose(f, inverse(test), other, kept, target);
    else choose(f, test, kept, other, target);
  }
}

/** Operand `kept` to `target`, unless the test fails: then the operand `other`. Replaces both, which are the highest. */
function choose(f: FunctionTranslator, test: Test, kept: number, other: number, target: number): void {
  const { asm } = f.program;
  const past = asm.label();
  f.operands.load(kept, target);
  asm.branch(test.condition, test.first, test.second, past);
  f.operands.load(other, target);
  asm.bind(past);
  f.operands.truncate(Math.min(kept, other));
  f.operands.push(target);
}
