/** The function of a contract: its versions in structured control, and the ways into and out of it. */
import type { Exploration } from "../program/explore.ts";
import { type Order, orderVersions } from "../program/order.ts";
import { applyFacts, evaluate } from "../program/ranges.ts";
import { limbCount, PURE, type Value } from "../program/value.ts";
import type { Edge, Ending, Version } from "../program/version.ts";
import type { Label } from "../wasm/body.ts";
import * as w from "../wasm/instructions.ts";
import { encodeModule, type ModuleFunction } from "../wasm/module.ts";
import { FrameState, STATUS } from "./frame.ts";
import { pushUnion } from "./limbs.ts";
import { deaths, prepare } from "./liveness.ts";
import { multiplyFunction } from "./multiply.ts";
import { emitOperation } from "./operations.ts";

/** Kinds of calls and creations by instruction (packages/kernel/assembly/evm/frame.ts). */
const CALL_KIND: Readonly<Record<number, number>> = { 241: 0, 242: 1, 244: 2, 250: 3, 240: 4, 245: 5 };

/** Generates the module of an explored contract. */
export function emitModule(exploration: Exploration): Uint8Array {
  const emitter = new FunctionEmitter(exploration);
  const run = emitter.emit();
  return encodeModule(emitter.frame.usesMultiplication ? [run, multiplyFunction()] : [run]);
}

class FunctionEmitter {
  readonly frame: FrameState;
  readonly #order: Order;
  readonly #exploration: Exploration;
  /** Number by which the dispatcher enters a version: its block's, or one above all blocks. */
  readonly #entries = new Map<Version, number>();
  readonly #extraEntries: Version[] = [];
  readonly #labels = new Map<Version, { block: Label; loop: Label }>();
  readonly #leave: Label = { name: "leave" };
  /** i32: byte of the code that a jump with unknown target goes to; -1 before any. */
  readonly #target: number;

  constructor(exploration: Exploration) {
    this.#exploration = exploration;
    this.frame = new FrameState(exploration.program);
    this.#target = this.frame.body.locals.permanent(w.I32);
    this.#order = orderVersions(exploration.versions);
    this.#numberEntries();
  }

  emit(): ModuleFunction {
    const { frame } = this;
    const { body } = frame;
    frame.begin();
    body.i32(-1);
    body.set(this.#target);
    for (const label of [frame.outOfGas, frame.halted, this.#leave]) body.block(label);
    this.#tree(this.#order.dispatcher);
    body.op(w.UNREACHABLE);
    body.end();
    this.#leaveFrame();
    body.end();
    body.getGlobal("HALT");
    body.return();
    body.end();
    body.i32(STATUS.outOfGas);
    body.op(w.END);
    return { type: { parameters: [w.I32], results: [w.I32] }, locals: body.locals, code: body.bytes.written.slice() };
  }

  #numberEntries(): void {
    const { versions, generic, program } = this.#exploration;
    for (const [pc, version] of generic) this.#entries.set(version, program.blockAt[pc]!);
    this.#entries.set(versions[0]!, 0);
    for (const version of this.#order.versions) {
      if (!version.isEntry || this.#entries.has(version)) continue;
      this.#entries.set(version, program.blocks.length + this.#extraEntries.push(version) - 1);
    }
  }

  #labelsOf(version: Version): { block: Label; loop: Label } {
    const known = this.#labels.get(version) ?? { block: { version }, loop: { version } };
    this.#labels.set(version, known);
    return known;
  }

  /** Without a generated version for the block that is to be entered, the interpreter takes over. */
  #leaveFrame(): void {
    const { frame } = this;
    const { body } = frame;
    body.get(this.#target);
    body.i32(-1);
    body.op(w.I32_NE);
    body.if(() => {
      frame.handOverGas();
      body.get(frame.stack);
      body.get(this.#target);
      body.i32(1);
      body.op(w.I32_ADD);
      body.get(frame.entry);
      body.call("leaveToInterpreter");
      body.return();
    });
    body.i32(STATUS.interpret);
    body.return();
  }

  /** A version, with what it dominates inside (Ramsey: "Beyond Relooper"). */
  #tree(version: Version): void {
    const { body } = this.frame;
    const merges = version.dominated.filter(({ forwardEdges }) => forwardEdges >= 2);
    const isLoop = version.isLoop || version === this.#order.dispatcher;
    if (isLoop) body.loop(this.#labelsOf(version).loop);
    for (const merge of merges.toReversed()) body.block(this.#labelsOf(merge).block);
    if (version === this.#order.dispatcher) this.#dispatch();
    else this.#version(version);
    for (const merge of merges) {
      body.end();
      this.#tree(merge);
    }
    if (!isLoop) return;
    body.end();
    body.op(w.UNREACHABLE);
  }

  #dispatch(): void {
    const { body } = this.frame;
    const { program, generic, versions } = this.#exploration;
    const leave = body.distance(this.#leave);
    const distance = (version: Version | undefined): number =>
      version?.facts && version.order >= 0 ? body.distance(this.#labelsOf(version).block) : leave;
    body.get(this.frame.entry);
    body.bytes.u8(w.BR_TABLE);
    body.bytes.unsigned(program.blocks.length + this.#extraEntries.length);
    program.blocks.forEach(({ start }, i) => {
      body.bytes.unsigned(distance(i === 0 ? versions[0] : generic.get(start)));
    });
    for (const version of this.#extraEntries) body.bytes.unsigned(distance(version));
    body.bytes.unsigned(leave);
  }

  #version(version: Version): void {
    const { frame } = this;
    frame.beginVersion(version.inputs);
    if (version.isEntry && version.situation.absolute) {
      frame.body.get(frame.stackBase);
      frame.body.set(frame.stack);
    }
    prepare(version);
    applyFacts(version);
    version.inputs.forEach((value, i) => {
      if (value.operation === "SLOT") value.limbs = frame.slot(i);
    });
    const dying = deaths(version.values);
    for (const [i, value] of version.values.entries()) {
      frame.now = i;
      evaluate(value);
      if (value.operation === "ENTER") this.#enter(version, value, i === version.values.length - 1);
      else if (value.operation === "BELOW") frame.resultAt(-Number(value.immediate), value);
      else if (!PURE.has(value.operation) || (value.needed && value.constant === undefined))
        emitOperation(frame, value);
      frame.body.locals.settle();
      for (const dead of dying[i]!) frame.release(dead);
    }
    frame.now = version.values.length;
    this.#end(version);
  }

  /** Pays for a block and checks what it needs of the stack. */
  #enter(version: Version, { immediate, position }: Value, last: boolean): void {
    const { frame } = this;
    const { body } = frame;
    const block = frame.program.blocks[Number(immediate)]!;
    if (block.gas > 0) {
      body.get(frame.gas);
      body.i64(BigInt(block.gas));
      body.op(w.I64_SUB);
      body.set(frame.gas);
    }
    const fail = (): void => {
      frame.handOverGas();
      body.i32(Number(immediate));
      frame.pushPlace(position - 1);
      body.call("haltBlock");
      body.return();
    };
    if (version.ending === "halt" && last) {
      fail();
      return;
    }
    const checks = version.situation.absolute ? [] : this.#stackChecks(block, position);
    if (block.gas > 0) {
      body.get(frame.gas);
      body.i64(0n);
      body.op(w.I64_LT_S);
    }
    if (checks.length === 0) {
      if (block.gas > 0) body.brIf(frame.outOfGas);
      return;
    }
    checks.forEach((check, i) => {
      check();
      if (i > 0 || block.gas > 0) body.op(w.I32_OR);
    });
    body.if(fail);
  }

  /** Code that pushes whether the stack has too few words, or will have too many. */
  #stackChecks({ needs, highest }: { needs: number; highest: number }, height: number): (() => void)[] {
    const { frame } = this;
    const { body } = frame;
    const checks: (() => void)[] = [];
    const bound = (words: number, comparison: number) => (): void => {
      body.get(frame.stack);
      body.get(frame.stackBase);
      body.i32(32 * words);
      body.op(w.I32_ADD, comparison);
    };
    if (needs > height) checks.push(bound(needs - height, w.I32_LT_U));
    if (highest > 0) checks.push(bound(1024 - height - highest, w.I32_GT_U));
    return checks;
  }

  #end(version: Version): void {
    this.#endings[version.ending](version);
  }

  readonly #endings: Readonly<Record<Ending, (version: Version) => void>> = {
    halt: () => this.frame.body.op(w.UNREACHABLE),
    stop: () => this.#finish("stopFrame"),
    invalidJump: () => this.#invalidJump(),
    return: (version) => this.#finish("handOverRange", version, STATUS.success),
    revert: (version) => this.#finish("handOverRange", version, STATUS.revert),
    selfDestruct: (version) => this.#finish("destroySelf", version),
    call: (version) => this.#call(version),
    create: (version) => this.#call(version),
    jump: (version) => this.#follow(version, version.edges[0]!),
    dynamicJump: (version) => this.#jumpTo(version, version.operands[0]!),
    branch: (version) => this.#branch(version),
    dynamicBranch: (version) => {
      const [condition, target] = version.operands as [Value, Value];
      this.frame.limbs(target);
      this.#pushCondition(condition);
      this.#split(
        () => this.#jumpTo(version, target),
        () => this.#follow(version, version.edges[0]!),
      );
    },
  };

  /** Ends the frame with what a kernel function answers that takes the version's operands, and a status. */
  #finish(name: string, version?: Version, status?: number): void {
    const { frame } = this;
    const top = version && frame.storeOperands(version.operands, heightOf(version));
    frame.handOverGas();
    if (top !== undefined) frame.pushPlace(top);
    if (status !== undefined) frame.body.i32(status);
    frame.body.call(name);
    frame.body.return();
  }

  #invalidJump(): void {
    this.frame.body.i32(STATUS.invalidJump);
    this.frame.body.return();
  }

  #call(version: Version): void {
    const { frame } = this;
    const { body } = frame;
    this.#spill(version);
    const top = frame.storeOperands(version.operands, heightOf(version));
    frame.handOverGas();
    body.i32(CALL_KIND[version.callCode]!);
    frame.pushPlace(top);
    body.i32(version.next);
    body.i32(version.block + 1);
    body.i32(version.resume ? this.#entries.get(version.resume)! : 0);
    body.call(version.ending === "call" ? "callMessage" : "createContract");
    body.return();
  }

  #branch(version: Version): void {
    const condition = version.operands[0]!;
    const [taken, next] = version.edges as [Edge, Edge];
    if (condition.constant !== undefined) {
      this.#follow(version, condition.constant !== 0n ? taken : next);
      return;
    }
    this.#pushCondition(condition);
    this.#split(
      () => this.#follow(version, taken),
      () => this.#follow(version, next),
    );
  }

  #pushCondition(condition: Value): void {
    const { frame } = this;
    if (condition.constant !== undefined) frame.body.i32(condition.constant === 0n ? 0 : 1);
    else if (condition.truth !== undefined) frame.body.get(condition.truth);
    else {
      pushUnion(frame.body, frame.limbs(condition));
      frame.body.i64(0n);
      frame.body.op(w.I64_NE);
    }
  }

  /** Two ways on, neither of which comes back. */
  #split(taken: () => void, next: () => void): void {
    const restore = this.frame.save();
    this.frame.body.if(taken, () => {
      restore();
      next();
    });
    this.frame.body.op(w.UNREACHABLE);
  }

  /** A jump whose target is known only now. */
  #jumpTo(version: Version, target: Value): void {
    const { frame } = this;
    const { body } = frame;
    const [low, ...high] = frame.limbs(target);
    pushUnion(body, high);
    body.push(low!);
    body.i64(BigInt(frame.program.code.length));
    body.op(w.I64_GE_U, w.I64_EXTEND_I32_U, w.I64_OR, w.I64_EQZ, w.I32_EQZ);
    body.if(() => this.#invalidJump());
    body.push(low!);
    body.op(w.I32_WRAP_I64);
    body.tee(this.#target);
    body.i32(2);
    body.op(w.I32_SHL);
    body.getGlobal("JUMP_TABLE");
    body.op(w.I32_ADD);
    body.load32(0);
    body.tee(frame.entry);
    body.op(w.I32_EQZ);
    body.if(() => this.#invalidJump());
    this.#spill(version);
    this.#moveStack(heightOf(version));
    body.br(this.#labelsOf(this.#order.dispatcher).loop);
  }

  #follow(version: Version, edge: Edge): void {
    const { frame } = this;
    const { body } = frame;
    const { to } = edge;
    if (!to) {
      this.#invalidJump();
      return;
    }
    if (edge.generic) {
      this.#spill(version);
      this.#moveStack(heightOf(version));
    } else {
      this.#fillSlots(version, to);
      this.#moveStack(-version.taken);
    }
    if (edge.viaDispatcher) {
      body.i32(this.#entries.get(to)!);
      body.set(frame.entry);
      body.br(this.#labelsOf(this.#order.dispatcher).loop);
    } else if (to.order <= version.order) body.br(this.#labelsOf(to).loop);
    else if (to.forwardEdges >= 2) body.br(this.#labelsOf(to).block);
    else this.#tree(to);
  }

  /** Writes the whole stack to its places in memory. */
  #spill(version: Version): void {
    version.stack.forEach((value, i) => {
      this.frame.storeWord(i - version.taken, value);
    });
  }

  #moveStack(words: number): void {
    if (words === 0) return;
    this.frame.pushPlace(words - 1);
    this.frame.body.set(this.frame.stack);
  }

  /** Puts what the successor does not know into its slots: all values are pushed before the first is overwritten. */
  #fillSlots(version: Version, to: Version): void {
    const { frame } = this;
    const slots: number[] = [];
    for (let i = 0; i < to.depth; i++) {
      const fact = to.facts![i];
      if (to.situation.labels[i] !== undefined || fact?.constant !== undefined) continue;
      const value = version.stack[i]!;
      const push = frame.limbPushers(value);
      const limbs = value.constant === undefined ? value.limbs : undefined;
      for (let k = 0; k < limbCount(fact!.max); k++) {
        const slot = frame.slot(i)[k]!;
        if (limbs?.[k] === slot && k < limbCount(value.max)) continue;
        push[k]!();
        slots.push(slot);
      }
    }
    for (const slot of slots.toReversed()) frame.body.set(slot);
  }
}

/** Words of the stack above the bottom of the window, when the version has taken its last operands. */
function heightOf({ stack, taken }: Version): number {
  return stack.length - taken;
}
