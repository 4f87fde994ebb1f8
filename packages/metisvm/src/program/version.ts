import type { Value } from "./value.ts";

/** Upper bound and, where known, value of a word. */
export interface Fact {
  max: bigint;
  constant: bigint | undefined;
}

/** Where the words of a window lie when a version begins. */
export type Place = "locals" | "memory";

/** What a version is a version of: where it starts and what is known of the stack there. */
export interface Situation {
  readonly pc: number;
  /** The top words of the stack that are followed one by one: constants that are jump destinations, or undefined. */
  readonly labels: readonly (bigint | undefined)[];
  /** Whether the window begins at the bottom of the stack. */
  readonly absolute: boolean;
  readonly place: Place;
}

/** A way from one version to another. */
export interface Edge {
  /** Undefined: an invalid jump. */
  readonly to: Version | undefined;
  /** The stack goes to memory, and the window is forgotten. */
  readonly generic: boolean;
  /** Goes through the dispatcher, since it enters a loop from the side. */
  viaDispatcher: boolean;
  /** What taking this way proves of values. */
  proven: ReadonlyMap<Value, bigint> | undefined;
}

/** How a version ends. */
export type Ending =
  | "jump"
  | "branch"
  | "dynamicJump"
  | "dynamicBranch"
  | "invalidJump"
  | "halt"
  | "stop"
  | "return"
  | "revert"
  | "selfDestruct"
  | "call"
  | "create";

/** A run of instructions from a place in the code up to the next jump, under what its situation says of the stack. */
export class Version {
  readonly situation: Situation;
  readonly key: string;
  /** The window at the beginning, bottom first, and values and effects in order. */
  readonly inputs: Value[] = [];
  readonly values: Value[] = [];
  /** Stack at the end, bottom first, and how many words below the window it has taken in. */
  stack: readonly Value[] = [];
  taken = 0;
  ending: Ending = "stop";
  operands: readonly Value[] = [];
  edges: Edge[] = [];
  /** Number of the last block that it is in, and of the byte after its last instruction. */
  block = 0;
  next = 0;
  /** The code of a call or creation. */
  callCode = 0;
  /** Where the frame goes on after a call: its number as an entry, 0 = by its block. */
  resume: Version | undefined = undefined;
  facts: (Fact | undefined)[] | undefined = undefined;
  visits = 0;
  /** Reached through the dispatcher: from outside, or by a jump whose target is not known. */
  isEntry = false;

  // Order of the generated code.
  order = -1;
  dominator: Version | undefined = undefined;
  dominated: Version[] = [];
  forwardEdges = 0;
  isLoop = false;

  constructor(situation: Situation, key: string) {
    this.situation = situation;
    this.key = key;
  }

  get depth(): number {
    return this.situation.labels.length;
  }
}

export function situationKey({ pc, labels, absolute, place }: Situation): string {
  const known = labels.map((label, i) => (label === undefined ? "" : `,${i}:${label}`)).join("");
  return `${pc}${absolute ? "a" : "r"}${place === "locals" ? "l" : "m"}${labels.length}${known}`;
}

/** Whether the branch goes to its edge `index`, as far as facts decide it. */
export function isLive(version: Version, index: number): boolean {
  if (version.ending !== "branch") return true;
  const condition = version.operands[0]!.constant;
  return condition === undefined || (condition !== 0n) === (index === 0);
}
