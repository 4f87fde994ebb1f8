import { FORKS, type ForkName, OPCODES, type Opcode } from "@hyperion/kernel";

/** An instruction under the rules of a fork. */
export interface Instruction {
  readonly code: number;
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly gas: number;
  readonly immediate: number;
  readonly endsBlock: boolean;
  readonly terminates: boolean;
}

/** A basic block as the kernel numbers and prices it (packages/kernel/assembly/evm/analysis.ts). */
export interface Block {
  /** First byte: a JUMPDEST, or what follows the end of the block before. */
  readonly start: number;
  gas: number;
  /** Words it takes from the stack below where it begins, and words above that it raises the stack by at most. */
  needs: number;
  highest: number;
  /** It holds an undefined instruction, and is never entered. */
  undefined: boolean;
}

export interface Program {
  readonly code: Uint8Array;
  readonly instructions: readonly (Instruction | undefined)[];
  readonly blocks: readonly Block[];
  /** Block number by byte that begins one, -1 elsewhere. */
  readonly blockAt: Int32Array;
  /** 1 at each valid jump destination. */
  readonly destinations: Uint8Array;
  /** Gas per byte of an exponent (EIP-160). */
  readonly exponentByteGas: bigint;
}

export const JUMPDEST = 0x5b;
export const STACK_LIMIT = 1024;

const tables = new Map<ForkName, readonly (Instruction | undefined)[]>();

/** Instructions by code. */
function instructionsOf(fork: ForkName): readonly (Instruction | undefined)[] {
  const known = tables.get(fork) ?? OPCODES.map((opcode) => opcode && instruction(opcode, fork));
  tables.set(fork, known);
  return known;
}

function instruction(opcode: Opcode, fork: ForkName): Instruction | undefined {
  const number = FORKS.indexOf(fork);
  if (FORKS.indexOf(opcode.introduced) > number) return undefined;
  const { code, name, inputs, outputs, immediate, trait } = opcode;
  const gas = gasOf(opcode, number);
  return {
    code,
    name,
    inputs,
    outputs,
    gas,
    immediate,
    endsBlock: trait === "endsBlock",
    terminates: trait === "terminates",
  };
}

function gasOf({ gas }: Opcode, fork: number): number {
  if (typeof gas === "number") return gas;
  for (let i = fork; i >= 0; i--) {
    const value = gas[FORKS[i]!];
    if (value !== undefined) return value;
  }
  return 0;
}

/** Immediate bytes, and where a block ends, do not depend on whether the fork knows an instruction. */
function layoutOf(code: number): { immediate: number; endsBlock: boolean } {
  const opcode = OPCODES[code];
  return { immediate: opcode?.immediate ?? 0, endsBlock: opcode?.trait === "endsBlock" };
}

/** Finds the basic blocks of `code` and what they cost. */
export function analyse(code: Uint8Array, fork: ForkName): Program {
  const instructions = instructionsOf(fork);
  const blockAt = new Int32Array(code.length + 1).fill(-1);
  const destinations = new Uint8Array(code.length);
  const blocks: Block[] = [];
  let scan = new BlockScan(0);
  const begin = (start: number): void => {
    scan = new BlockScan(start);
    blockAt[start] = blocks.push(scan.block) - 1;
  };
  begin(0);
  for (let at = 0; at < code.length; at++) {
    const op = code[at]!;
    const { immediate, endsBlock } = layoutOf(op);
    if (op === JUMPDEST) {
      destinations[at] = 1;
      begin(at);
    }
    scan.add(instructions[op]);
    at += immediate;
    if (endsBlock) begin(Math.min(at + 1, code.length));
  }
  const exponentByteGas = FORKS.indexOf(fork) >= FORKS.indexOf("spuriousDragon") ? 50n : 10n;
  return { code, instructions, blocks, blockAt, destinations, exponentByteGas };
}

/** Adds up one block. */
class BlockScan {
  readonly block: Block;
  #height = 0;
  #reachable = true;

  constructor(start: number) {
    this.block = { start, gas: 0, needs: 0, highest: 0, undefined: false };
  }

  add(instruction: Instruction | undefined): void {
    if (!this.#reachable) return;
    const { block } = this;
    if (!instruction) {
      block.undefined = true;
      this.#reachable = false;
      return;
    }
    block.gas += instruction.gas;
    block.needs = Math.max(block.needs, instruction.inputs - this.#height);
    this.#height += instruction.outputs - instruction.inputs;
    block.highest = Math.max(block.highest, this.#height);
    if (instruction.terminates) this.#reachable = false;
  }
}
