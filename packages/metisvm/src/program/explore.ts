import type { Block, Instruction, Program } from "./bytecode.ts";
import { JUMPDEST, STACK_LIMIT } from "./bytecode.ts";
import { Value } from "./value.ts";
import { type Edge, type Ending, type Situation, situationKey, Version } from "./version.ts";

/** How far a block is cloned for what is known of the stack, before its stack goes to memory. */
export interface Budget {
  /** Follow the stack across blocks at all. */
  readonly window: boolean;
  readonly maxWindow: number;
  /** Versions of one place with a window from the bottom of the stack, and with one from somewhere above. */
  readonly maxAbsolute: number;
  readonly maxRelative: number;
  /** How often the same return address may be on a window: recursion. */
  readonly maxRepeats: number;
  readonly maxVersions: number;
  /** Versions altogether, those without a window too: beyond, the code is refused. */
  readonly mostVersions: number;
  readonly maxInstructions: number;
}

/** The code does not fit its budget. */
export class TooLarge extends Error {
  readonly code = "TOO_LARGE";
}

export interface Exploration {
  readonly program: Program;
  /** In order of discovery; the first is where the code begins. */
  readonly versions: readonly Version[];
  /** Versions that the dispatcher enters by the number of their block. */
  readonly generic: ReadonlyMap<number, Version>;
}

/** Finds everything that can run, from the beginning of the code on. */
export function explore(program: Program, budget: Budget): Exploration {
  return new Explorer(program, budget).run();
}

class Explorer {
  readonly program: Program;
  readonly budget: Budget;
  instructions = 0;
  readonly #versions = new Map<string, Version>();
  readonly #perPlace = new Map<string, number>();
  readonly #generic = new Map<number, Version>();
  readonly #work: Version[] = [];

  constructor(program: Program, budget: Budget) {
    this.program = program;
    this.budget = budget;
  }

  run(): Exploration {
    const first = this.#version({ pc: 0, labels: [], absolute: true, place: "locals" });
    first.isEntry = true;
    for (let next = this.#work.pop(); next; next = this.#work.pop()) {
      new Walk(this, next).run();
      if (this.instructions > 2 * this.budget.maxInstructions) throw new TooLarge("too many instructions");
      if (this.#versions.size > this.budget.mostVersions) throw new TooLarge("too many blocks");
    }
    return { program: this.program, versions: [...this.#versions.values()], generic: this.#generic };
  }

  /** The version that knows nothing of the stack, entered by the dispatcher too. */
  generic(pc: number): Version {
    const known = this.#generic.get(pc);
    if (known) return known;
    const version = this.#version({ pc, labels: [], absolute: false, place: "memory" });
    version.isEntry = true;
    this.#generic.set(pc, version);
    return version;
  }

  /** A way to `pc` with this stack. */
  edge(pc: number, stack: readonly Value[], absolute: boolean): Edge {
    const situation: Situation = { pc, labels: stack.map(labelOf), absolute, place: "locals" };
    if (this.#affordable(situation)) return edgeTo(this.#version(situation), false);
    this.abandonLabels(stack);
    return edgeTo(this.generic(pc), true);
  }

  /** Where a frame goes on after a call, with its stack in memory. */
  resumption(pc: number, stack: readonly Value[], absolute: boolean): Version | undefined {
    const situation: Situation = { pc, labels: stack.map(labelOf), absolute, place: "memory" };
    if (absolute && this.#affordable(situation)) {
      const version = this.#version(situation);
      version.isEntry = true;
      return version;
    }
    this.abandonLabels(stack);
    this.generic(pc);
    return undefined;
  }

  /** Return addresses that are no longer followed may be jumped to by whoever pops them. */
  abandonLabels(stack: readonly Value[]): void {
    for (const value of stack) if (value.label) this.generic(Number(value.immediate));
  }

  #affordable(situation: Situation): boolean {
    const { budget } = this;
    if (!budget.window || situation.labels.length > budget.maxWindow) return false;
    if (repeats(situation.labels) > budget.maxRepeats) return false;
    if (this.#versions.has(situationKey(situation))) return true;
    const here = this.#perPlace.get(placeKey(situation)) ?? 0;
    if (here >= (situation.absolute ? budget.maxAbsolute : budget.maxRelative)) return false;
    return this.#versions.size < budget.maxVersions && this.instructions < budget.maxInstructions;
  }

  #version(situation: Situation): Version {
    const key = situationKey(situation);
    const known = this.#versions.get(key);
    if (known) return known;
    const version = new Version(situation, key);
    this.#versions.set(key, version);
    this.#perPlace.set(placeKey(situation), (this.#perPlace.get(placeKey(situation)) ?? 0) + 1);
    this.#work.push(version);
    return version;
  }
}

function placeKey({ pc, absolute }: Situation): string {
  return `${absolute ? "a" : "r"}${pc}`;
}

function labelOf(value: Value): bigint | undefined {
  return value.label ? value.immediate : undefined;
}

function repeats(labels: readonly (bigint | undefined)[]): number {
  const counts = new Map<bigint, number>();
  for (const label of labels) if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function edgeTo(to: Version | undefined, generic: boolean): Edge {
  return { to, generic, viaDispatcher: false, proven: undefined };
}

/** Names of calls and creations; the rest of the instructions that end a version stand in `Walk.#control`. */
const CALLS = new Set(["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"]);
const CREATIONS = new Set(["CREATE", "CREATE2"]);

/** Walks one version's instructions and writes down what they do with the stack. */
class Walk {
  readonly #explorer: Explorer;
  readonly #version: Version;
  readonly #program: Program;
  readonly #stack: Value[];
  #pc: number;
  #block: number;

  constructor(explorer: Explorer, version: Version) {
    this.#explorer = explorer;
    this.#version = version;
    this.#program = explorer.program;
    const { pc, labels, place } = version.situation;
    for (const [i, label] of labels.entries()) {
      const known = label !== undefined;
      const value = known
        ? new Value("CONSTANT", [], label)
        : new Value(place === "locals" ? "SLOT" : "HOME", [], BigInt(i));
      value.label = known;
      version.inputs.push(value);
    }
    this.#stack = [...version.inputs];
    this.#pc = pc;
    this.#block = this.#program.blockAt[pc]!;
  }

  run(): void {
    const { code, instructions, blockAt } = this.#program;
    const start = this.#pc;
    if (!this.#enter()) return;
    for (;;) {
      const op = this.#pc < code.length ? code[this.#pc]! : 0;
      if (op === JUMPDEST && this.#pc !== start) {
        this.#endWith("jump", [this.#edge(this.#pc)]);
        return;
      }
      this.#explorer.instructions++;
      const instruction = instructions[op]!;
      this.#pc++;
      if (this.#simple(op, instruction)) continue;
      if (this.#control(instruction)) return;
      this.#operate(instruction);
      if (!instruction.endsBlock) continue;
      // A JUMPDEST next begins the block after, as `blockAt` says; this one is then empty.
      this.#block = code[this.#pc] === JUMPDEST ? this.#block : blockAt[this.#pc]!;
      if (code[this.#pc] !== JUMPDEST && !this.#enter()) return;
    }
  }

  /** Begins a basic block; false when it can never be entered. */
  #enter(): boolean {
    const block = this.#program.blocks[this.#block]!;
    this.#version.values.push(this.#at(new Value("ENTER", [], BigInt(this.#block))));
    if (!block.undefined && !(this.#version.situation.absolute && this.#breaksStack(block))) return true;
    this.#endWith("halt", []);
    return false;
  }

  #breaksStack(block: Block): boolean {
    return block.needs > this.#stack.length || this.#stack.length + block.highest > STACK_LIMIT;
  }

  /** Moves of the stack alone. */
  #simple(op: number, { name, immediate }: Instruction): boolean {
    const stack = this.#stack;
    if (op >= 0x5f && op <= 0x7f) this.#pushConstant(immediate);
    else if (op >= 0x80 && op <= 0x8f) {
      this.#need(op - 0x7f);
      stack.push(stack.at(0x7f - op)!);
    } else if (op >= 0x90 && op <= 0x9f) {
      const depth = op - 0x8f;
      this.#need(depth + 1);
      const other = stack.length - 1 - depth;
      [stack[stack.length - 1], stack[other]] = [stack[other]!, stack[stack.length - 1]!];
    } else if (name === "POP") this.#pop();
    else if (name === "PC") this.#push(new Value("CONSTANT", [], BigInt(this.#pc - 1)));
    else return name === "JUMPDEST";
    return true;
  }

  #pushConstant(size: number): void {
    const { code, destinations } = this.#program;
    let word = 0n;
    for (let i = 0; i < size; i++) word = (word << 8n) | BigInt(code[this.#pc + i] ?? 0);
    this.#pc += size;
    const value = new Value("CONSTANT", [], word);
    value.label = size > 0 && word < BigInt(code.length) && destinations[Number(word)] === 1;
    this.#push(value);
  }

  #operate({ name, inputs, outputs }: Instruction): void {
    const operands = Array.from({ length: inputs }, () => this.#pop());
    const value = this.#at(new Value(name, operands, BigInt(this.#pc - 1)));
    if (outputs > 0) this.#push(value);
    else this.#version.values.push(value);
  }

  /** Ends the version where the instruction leads elsewhere. */
  #control(instruction: Instruction): boolean {
    const { name } = instruction;
    if (name === "STOP") this.#endWith("stop", []);
    else if (name === "RETURN" || name === "REVERT") this.#endWith(name === "RETURN" ? "return" : "revert", [], 2);
    else if (name === "SELFDESTRUCT") this.#endWith("selfDestruct", [], 1);
    else if (name === "JUMP") this.#jump();
    else if (name === "JUMPI") this.#branch();
    else if (CALLS.has(name) || CREATIONS.has(name)) this.#call(instruction);
    else return false;
    return true;
  }

  #jump(): void {
    const target = this.#pop();
    const stack = this.#stack;
    if (target.operation === "CONSTANT") {
      const to = this.#destination(target.immediate);
      if (to === undefined) this.#endWith("invalidJump", []);
      else this.#endWith("jump", [this.#edge(to)]);
      return;
    }
    this.#explorer.abandonLabels(stack);
    this.#version.operands = [target];
    this.#endWith("dynamicJump", []);
  }

  /** First edge: the jump is made. */
  #branch(): void {
    const target = this.#pop();
    const condition = this.#pop();
    this.#version.operands = [condition, target];
    if (target.operation !== "CONSTANT") {
      this.#explorer.abandonLabels(this.#stack);
      this.#endWith("dynamicBranch", [this.#edge(this.#pc)]);
      return;
    }
    const to = this.#destination(target.immediate);
    const taken = to === undefined ? edgeTo(undefined, false) : this.#edge(to);
    this.#endWith("branch", [taken, this.#edge(this.#pc)]);
  }

  #destination(target: bigint): number | undefined {
    const { code, destinations } = this.#program;
    return target < BigInt(code.length) && destinations[Number(target)] === 1 ? Number(target) : undefined;
  }

  #call({ code, name, inputs }: Instruction): void {
    const version = this.#version;
    version.callCode = code;
    version.operands = Array.from({ length: inputs }, () => this.#pop());
    const result = new Value("HOME", [], BigInt(this.#stack.length));
    version.resume = this.#explorer.resumption(this.#pc, [...this.#stack, result], version.situation.absolute);
    this.#endWith(CALLS.has(name) ? "call" : "create", []);
  }

  #edge(pc: number): Edge {
    return this.#explorer.edge(pc, this.#stack, this.#version.situation.absolute);
  }

  #endWith(ending: Ending, edges: Edge[], operands = 0): void {
    const version = this.#version;
    if (operands > 0) version.operands = Array.from({ length: operands }, () => this.#pop());
    version.ending = ending;
    version.edges = edges;
    version.stack = [...this.#stack];
    version.block = this.#block;
    version.next = this.#pc;
  }

  #pop(): Value {
    this.#need(1);
    return this.#stack.pop()!;
  }

  #push(value: Value): void {
    this.#version.values.push(value);
    this.#stack.push(value);
  }

  /** Takes words from below the window until the stack has `count`. */
  #need(count: number): void {
    while (this.#stack.length < count) {
      const value = new Value("BELOW", [], BigInt(++this.#version.taken));
      this.#version.values.push(value);
      this.#stack.unshift(value);
    }
  }

  /** Notes where the instruction's operands end in the stack. */
  #at(value: Value): Value {
    value.position = this.#stack.length - this.#version.taken;
    return value;
  }
}
