import type { Opcode } from "@hyperion/kernel";
import { OPCODES } from "@hyperion/kernel";

const BY_NAME = new Map(OPCODES.flatMap((opcode) => (opcode === undefined ? [] : [[opcode.name, opcode] as const])));

/** An instruction of the kernel's table; throws for a name it does not have. */
export function opcodeByName(name: string): Opcode {
  const opcode = BY_NAME.get(name);
  if (opcode === undefined) throw new RangeError(`unknown instruction ${name}`);
  return opcode;
}
