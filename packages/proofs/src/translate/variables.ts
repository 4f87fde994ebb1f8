import { sd } from "../riscv/encode.ts";
import { SP, T0, T1 } from "../riscv/registers.ts";
import { Op } from "../wasm/opcodes.ts";
import { popTest, selectOn } from "./conditions.ts";
import type { FunctionTranslator, Handler } from "./function.ts";
import { loadSlot, storeSlot } from "./program.ts";

/** Locals, globals, constants and the instructions that only move operands. */
export const VARIABLES: Readonly<Record<number, Handler>> = {
  [Op.nop]: () => {},
  [Op.drop]: ({ operands }) => operands.drop(),
  [Op.select]: (f) => selectOn(f, popTest(f)),
  [Op.i32_const]: ({ operands }, { value }) => operands.pushConstant(BigInt.asIntN(32, value)),
  [Op.i64_const]: ({ operands }, { value }) => operands.pushConstant(value),
  [Op.local_get]: ({ operands }, { index }) => operands.pushLocal(index),
  [Op.local_set]: (f, { index }) => setLocal(f, index),
  [Op.local_tee]: (f, { index }) => {
    setLocal(f, index);
    f.operands.pushLocal(index);
  },
  [Op.global_get]: (f, { index }) => {
    const register = f.result();
    loadSlot(f.program.asm, register, f.program.globals[index]!);
    f.operands.push(register);
  },
  [Op.global_set]: ({ operands, program }, { index }) =>
    storeSlot(program.asm, operands.pop(T0), program.globals[index]!, T1),
};

function setLocal({ operands, program, bounds }: FunctionTranslator, local: number): void {
  const top = operands.peek();
  if (top.kind === "local" && top.local === local) {
    operands.drop();
    return;
  }
  operands.detach(local);
  bounds.delete(local);
  const home = operands.home(local);
  if (home !== undefined) operands.load(operands.height - 1, home);
  else program.asm.emit(sd(operands.registerOf(operands.height - 1, T0), SP, operands.localOffset(local)));
  operands.drop();
}
