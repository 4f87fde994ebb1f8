import { Bytes } from "./bytes.ts";
import * as w from "./instructions.ts";
import { Locals } from "./locals.ts";
import { kernelFunction, kernelGlobal } from "./module.ts";

/** A place that branches go to: what `br` names by its distance outwards. */
export type Label = object;

/** 64 bits of a word: a constant, or the index of a local that holds them. */
export type Limb = bigint | number;

/** The instructions of one function, with its locals and open labels. */
export class Body {
  readonly bytes: Bytes = new Bytes();
  readonly locals: Locals;
  readonly #labels: Label[] = [];

  constructor(parameters: readonly w.ValueType[]) {
    this.locals = new Locals(parameters);
  }

  op(...codes: number[]): void {
    for (const code of codes) this.bytes.u8(code);
  }

  get(local: number): void {
    this.bytes.u8(w.LOCAL_GET);
    this.bytes.unsigned(local);
  }

  set(local: number): void {
    this.bytes.u8(w.LOCAL_SET);
    this.bytes.unsigned(local);
  }

  tee(local: number): void {
    this.bytes.u8(w.LOCAL_TEE);
    this.bytes.unsigned(local);
  }

  i32(value: number): void {
    this.bytes.u8(w.I32_CONST);
    this.bytes.signed(value);
  }

  i64(value: bigint): void {
    this.bytes.u8(w.I64_CONST);
    this.bytes.signed64(value);
  }

  push(limb: Limb): void {
    if (typeof limb === "bigint") this.i64(limb);
    else this.get(limb);
  }

  /** Takes an i64 off the stack into a local that lives as the current value does. */
  keep(): number {
    const local = this.locals.take(w.I64);
    this.set(local);
    return local;
  }

  /** The same for an i32. */
  keep32(): number {
    const local = this.locals.take(w.I32);
    this.set(local);
    return local;
  }

  load64(offset: number): void {
    this.bytes.u8(w.I64_LOAD);
    this.bytes.unsigned(3);
    this.bytes.unsigned(offset);
  }

  load32(offset: number): void {
    this.bytes.u8(w.I32_LOAD);
    this.bytes.unsigned(2);
    this.bytes.unsigned(offset);
  }

  store64(offset: number): void {
    this.bytes.u8(w.I64_STORE);
    this.bytes.unsigned(3);
    this.bytes.unsigned(offset);
  }

  store8(offset: number): void {
    this.bytes.u8(w.I32_STORE8);
    this.bytes.unsigned(0);
    this.bytes.unsigned(offset);
  }

  simd(code: number): void {
    this.bytes.u8(w.SIMD_PREFIX);
    this.bytes.unsigned(code);
  }

  simdMemory(code: number, offset: number): void {
    this.simd(code);
    this.bytes.unsigned(0);
    this.bytes.unsigned(offset);
  }

  /** Calls a function of the kernel. */
  call(name: string): void {
    this.callIndex(kernelFunction(name));
  }

  callIndex(index: number): void {
    this.bytes.u8(w.CALL);
    this.bytes.unsigned(index);
  }

  getGlobal(name: string): void {
    this.bytes.u8(w.GLOBAL_GET);
    this.bytes.unsigned(kernelGlobal(name));
  }

  setGlobal(name: string): void {
    this.bytes.u8(w.GLOBAL_SET);
    this.bytes.unsigned(kernelGlobal(name));
  }

  block(label: Label): void {
    this.bytes.u8(w.BLOCK);
    this.bytes.u8(0x40);
    this.#labels.push(label);
  }

  loop(label: Label): void {
    this.bytes.u8(w.LOOP);
    this.bytes.u8(0x40);
    this.#labels.push(label);
  }

  /** Runs `then` when the i32 on the stack is not zero, else `otherwise`. */
  if(then: () => void, otherwise?: () => void): void {
    this.bytes.u8(w.IF);
    this.bytes.u8(0x40);
    this.#labels.push({});
    then();
    if (otherwise) {
      this.bytes.u8(w.ELSE);
      otherwise();
    }
    this.end();
  }

  end(): void {
    this.#labels.pop();
    this.bytes.u8(w.END);
  }

  br(label: Label): void {
    this.bytes.u8(w.BR);
    this.bytes.unsigned(this.distance(label));
  }

  brIf(label: Label): void {
    this.bytes.u8(w.BR_IF);
    this.bytes.unsigned(this.distance(label));
  }

  distance(label: Label): number {
    const at = this.#labels.lastIndexOf(label);
    if (at < 0) throw new Error("branch to a label that is not open");
    return this.#labels.length - 1 - at;
  }

  /** Leaves the function with the i32 on the stack. */
  return(): void {
    this.bytes.u8(w.RETURN);
  }
}
