import { OPCODES, type TraceStep } from "@hyperion/kernel";
import { haltMessage } from "../errors.ts";
import type { Json } from "../format/json.ts";
import { data, quantity, toBigInt } from "../hex.ts";
import type { MessageTracer, TraceBudget, TraceOptions } from "./tracer.ts";

const SLOAD = 0x54;
const SSTORE = 0x55;
const WORD = 32;
/** Rough size of an entry without stack, memory and storage. */
const ENTRY_BYTES = 120;
const STACK_ITEM_BYTES = 24;

const INVALID = 0xfe;

/** Undefined instructions read as other clients print them. */
const opcodeName = (code: number): string =>
  code === INVALID ? "INVALID" : (OPCODES[code]?.name ?? `opcode 0x${code.toString(16)} not defined`);

/** The stack item `fromTop` places below the top. */
const stackItem = (stack: readonly Uint8Array[], fromTop: number): Uint8Array | undefined =>
  stack[stack.length - 1 - fromTop];

const memoryWords = (memory: Uint8Array): string[] => {
  const words: string[] = [];
  for (let offset = 0; offset < memory.length; offset += WORD) words.push(data(memory.subarray(offset, offset + WORD)));
  return words;
};

/** Slots a contract has touched so far, as they are shown. */
type Slots = Map<string, string>;

/**
 * The struct logger (execution-apis `OpcodeTransactionTrace`): one entry per instruction. A loaded value is only known
 * at the frame's next instruction, so an SLOAD entry is completed there.
 */
export const structLogTracer = (options: TraceOptions, budget: TraceBudget): MessageTracer => {
  const limit = options.limit && options.limit > 0 ? options.limit : Number.POSITIVE_INFINITY;
  const withStorage = options.disableStorage !== true;
  let entries: Json[] = [];
  let storage = new Map<string, Slots>();
  /** Per depth: the last entry of the frame, and a load whose value is awaited. */
  let last: (Json | undefined)[] = [];
  let loads: ({ readonly entry: Json; readonly slots: Slots; readonly slot: string } | undefined)[] = [];

  const slotsOf = (address: Uint8Array): Slots => {
    const key = data(address);
    const known = storage.get(key);
    if (known) return known;
    const slots: Slots = new Map();
    storage.set(key, slots);
    return slots;
  };

  const completeLoad = (depth: number, stack: () => readonly Uint8Array[]): void => {
    const load = loads[depth];
    if (!load) return;
    loads[depth] = undefined;
    const value = stackItem(stack(), 0);
    if (!value) return;
    load.slots.set(load.slot, data(value));
    load.entry.storage = Object.fromEntries(load.slots);
  };

  const captureStorage = (step: TraceStep, entry: Json, stack: readonly Uint8Array[]): void => {
    const slot = stackItem(stack, 0);
    if (!slot) return;
    const slots = slotsOf(step.address);
    budget(slots.size * WORD * 4);
    if (step.op === SLOAD) {
      loads[step.depth] = { entry, slots, slot: data(slot) };
      return;
    }
    const value = stackItem(stack, 1);
    if (!value) return;
    slots.set(data(slot), data(value));
    entry.storage = Object.fromEntries(slots);
  };

  const onStep = (step: TraceStep): void => {
    completeLoad(step.depth, () => step.stack());
    if (entries.length >= limit) return;
    const entry: Json = {
      pc: step.pc,
      op: opcodeName(step.op),
      gas: Number(step.gas),
      gasCost: Number(step.gasCost),
      depth: step.depth + 1,
    };
    const touchesStorage = withStorage && (step.op === SLOAD || step.op === SSTORE);
    const stack = touchesStorage || options.disableStack !== true ? step.stack() : [];
    budget(ENTRY_BYTES + stack.length * STACK_ITEM_BYTES);
    if (options.disableStack !== true) entry.stack = stack.map((item) => quantity(toBigInt(item)));
    if (options.enableMemory === true) {
      const words = captureMemory(step, budget);
      if (words.length > 0) entry.memory = words;
    }
    if (options.enableReturnData === true) {
      const returned = step.returnData();
      budget(returned.length * 2);
      if (returned.length > 0) entry.returnData = data(returned);
    }
    if (touchesStorage) captureStorage(step, entry, stack);
    if (step.refund !== 0n) entry.refund = Number(step.refund);
    entries.push(entry);
    last[step.depth] = entry;
  };

  return {
    tracer: {
      onStep,
      onExit({ depth, halt }) {
        const entry = last[depth];
        if (entry && halt !== "success" && halt !== "revert") entry.error = haltMessage(halt);
        last[depth] = undefined;
        loads[depth] = undefined;
      },
    },
    begin() {
      entries = [];
      storage = new Map();
      last = [];
      loads = [];
    },
    finish: ({ receipt, halt, output }) => ({
      gas: Number(receipt.gasUsed),
      failed: halt !== "success",
      returnValue: data(output),
      structLogs: entries,
    }),
  };
};

const captureMemory = (step: TraceStep, budget: TraceBudget): string[] => {
  const memory = step.memory();
  budget(memory.length * 2);
  return memoryWords(memory);
};
