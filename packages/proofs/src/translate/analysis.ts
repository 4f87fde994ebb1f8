import { ARGUMENTS } from "../riscv/registers.ts";
import type { Instruction } from "../wasm/instructions.ts";
import type { DefinedFunction } from "../wasm/module.ts";
import { Op } from "../wasm/opcodes.ts";
import type { Program } from "./program.ts";

/** What has to be known of a function before its first instruction is emitted. */
export interface Analysis {
  /** How often each local is used, uses in loops counted more. */
  readonly weights: readonly number[];
  /** Whether a local may be read before it is set. */
  readonly readsZero: readonly boolean[];
  /** Locals set inside of the block that begins at an instruction. */
  readonly writes: ReadonlyMap<number, ReadonlySet<number>>;
  /** Calls nothing. */
  readonly leaf: boolean;
  /** Words of arguments that go over the stack. */
  readonly outgoing: number;
}

/** A use in a loop counts as much as eight outside, up to four loops deep. */
const LOOP_WEIGHT = 8;
const DEEPEST = 4;

interface Arm {
  readonly block: number;
  readonly loop: boolean;
}

export function analyse(program: Program, { type, locals, body }: DefinedFunction): Analysis {
  const count = type.parameters.length + locals.length;
  const weights = new Array<number>(count).fill(0);
  const readsZero = new Array<boolean>(count).fill(false);
  const firstArm = new Array<Arm | undefined>(count).fill(undefined);
  const writes = new Map<number, Set<number>>();
  const arms: Arm[] = [{ block: -1, loop: false }];
  let [leaf, outgoing] = [true, 0];
  for (const [index, instruction] of body.entries()) {
    const { op } = instruction;
    if (op === Op.block || op === Op.loop || op === Op.if) {
      writes.set(index, new Set());
      arms.push({ block: index, loop: op === Op.loop });
    } else if (op === Op.else) arms.push({ ...arms.pop()! });
    else if (op === Op.end) arms.pop();
    else if (op >= Op.local_get && op <= Op.local_tee) {
      const local = instruction.index;
      weights[local]! += LOOP_WEIGHT ** Math.min(DEEPEST, arms.filter(({ loop }) => loop).length);
      if (op !== Op.local_get) for (const { block } of arms) writes.get(block)?.add(local);
      // The first access decides as long as all others are in the same arm: it comes before them whenever they run.
      const first = firstArm[local];
      if (first === undefined) {
        firstArm[local] = arms.at(-1)!;
        readsZero[local] = op === Op.local_get;
      } else if (!arms.includes(first)) readsZero[local] = true;
    }
    const passed = argumentsOf(program, instruction);
    if (passed === undefined) continue;
    leaf = false;
    outgoing = Math.max(outgoing, passed - ARGUMENTS);
  }
  return { weights, readsZero, writes, leaf, outgoing };
}

/** Number of arguments of a call; `undefined` for what calls nothing. */
function argumentsOf({ module, types }: Program, { op, index }: Instruction): number | undefined {
  if (op === Op.call) return types[index]!.parameters.length;
  if (op === Op.call_indirect) return module.types[index]!.parameters.length;
  return op === Op.memory_copy || op === Op.memory_fill || op === Op.memory_grow ? 0 : undefined;
}
