/** What is known of values: upper bounds and constants, within a version and from version to version. */
import type { Exploration } from "./explore.ts";
import { MAX_LIMB, MAX_WORD, SIGN_BIT, TRUTHS, type Value } from "./value.ts";
import { type Edge, type Fact, isLive, type Version } from "./version.ts";

/** No memory that gas pays for reaches further. */
const MAX_OFFSET = 0xffff_ffffn;
/** Bounds that a growing bound is rounded up to, so that it stops growing. */
const STEPS = [...[8, 16, 32, 48, 63, 64, 128, 160, 192, 255, 256].map((bits) => (1n << BigInt(bits)) - 1n)] as const;
const VISITS_BEFORE_ROUNDING = 4;

type Known = { readonly constant?: bigint; readonly max?: bigint };
type Rule = (a: Value, b: Value, value: Value) => Known;

const signed = (word: bigint): bigint => BigInt.asIntN(256, word);
const word = (value: bigint): bigint => value & MAX_WORD;
const bounded = (max: bigint): Known => (max <= MAX_WORD ? { max } : {});
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
/** The most that bits up to the highest of `max` can make. */
const allBits = (max: bigint): bigint => (max === 0n ? 0n : (1n << BigInt(max.toString(2).length)) - 1n);

/** Computes constants by `compute`, and bounds by `bound` where an operand is not constant. */
function binary(compute: (a: bigint, b: bigint) => bigint, bound: Rule): Rule {
  return (a, b, value) =>
    a.constant !== undefined && b.constant !== undefined
      ? { constant: compute(a.constant, b.constant) }
      : bound(a, b, value);
}

function compare(test: (a: bigint, b: bigint) => boolean, decide: (a: Value, b: Value) => boolean | undefined): Rule {
  return (a, b) => {
    const both = a.constant !== undefined && b.constant !== undefined;
    const outcome = both ? test(a.constant!, b.constant!) : decide(a, b);
    return outcome === undefined ? { max: 1n } : { constant: outcome ? 1n : 0n };
  };
}

const RULES: Readonly<Record<string, Rule>> = {
  CONSTANT: (_a, _b, value) => ({ constant: value.immediate }),
  ADD: binary(
    (a, b) => word(a + b),
    (a, b) => bounded(a.max + b.max),
  ),
  SUB: binary(
    (a, b) => word(a - b),
    (a, b) => (b.constant === 0n ? { max: a.max } : {}),
  ),
  MUL: binary(
    (a, b) => word(a * b),
    (a, b) => bounded(a.max * b.max),
  ),
  DIV: binary(
    (a, b) => (b === 0n ? 0n : a / b),
    (a, b) => ({ max: b.constant ? a.max / b.constant : a.max }),
  ),
  MOD: binary(
    (a, b) => (b === 0n ? 0n : a % b),
    (a, b) => ({ max: b.max > 0n ? least(a.max, b.max - 1n) : 0n }),
  ),
  SDIV: binary(
    (a, b) => (b === 0n ? 0n : word(signed(a) / signed(b))),
    (a, b) => (a.max < SIGN_BIT && b.max < SIGN_BIT ? { max: a.max } : {}),
  ),
  SMOD: binary(
    (a, b) => (b === 0n ? 0n : word(signed(a) % signed(b))),
    (a, b) => (a.max < SIGN_BIT && b.max < SIGN_BIT ? { max: least(a.max, b.max) } : {}),
  ),
  ADDMOD: modular((a, b) => a + b),
  MULMOD: modular((a, b) => a * b),
  EXP: (a, b) => {
    if (b.constant === 0n) return { constant: 1n };
    if (b.constant === 1n) return a.constant === undefined ? { max: a.max } : { constant: a.constant };
    return a.constant !== undefined && b.constant !== undefined ? { constant: power(a.constant, b.constant) } : {};
  },
  AND: binary(
    (a, b) => a & b,
    (a, b) => ({ max: least(a.max, b.max) }),
  ),
  OR: binary(
    (a, b) => a | b,
    (a, b) => ({ max: allBits(a.max > b.max ? a.max : b.max) }),
  ),
  XOR: binary(
    (a, b) => a ^ b,
    (a, b) => ({ max: allBits(a.max > b.max ? a.max : b.max) }),
  ),
  NOT: (a) => (a.constant === undefined ? {} : { constant: MAX_WORD ^ a.constant }),
  BYTE: () => ({ max: 255n }),
  SHL: binary((by, b) => (by < 256n ? word(b << by) : 0n), shiftLeftBound),
  SHR: binary((by, b) => (by < 256n ? b >> by : 0n), shiftRightBound),
  SAR: (by, b, value) => (b.max < SIGN_BIT ? RULES.SHR!(by, b, value) : {}),
  CLZ: () => ({ max: 256n }),
  SIGNEXTEND: (size, b) =>
    size.constant !== undefined && (size.constant > 30n || b.max < 1n << (size.constant * 8n + 7n))
      ? { max: b.max }
      : {},
  ISZERO: (a) => (a.constant === undefined ? { max: 1n } : { constant: a.constant === 0n ? 1n : 0n }),
  LT: compare(
    (a, b) => a < b,
    (_a, b) => (b.max === 0n ? false : undefined),
  ),
  GT: compare(
    (a, b) => a > b,
    (a, b) => (b.constant !== undefined && a.max <= b.constant ? false : undefined),
  ),
  SLT: compare(
    (a, b) => signed(a) < signed(b),
    (a, b) => (b.constant === 0n && a.max < SIGN_BIT ? false : undefined),
  ),
  SGT: compare(
    (a, b) => signed(a) > signed(b),
    () => undefined,
  ),
  EQ: compare(
    (a, b) => a === b,
    (a, b) => ((a.constant ?? 0n) > b.max || (b.constant ?? 0n) > a.max ? false : undefined),
  ),
  CALLDATASIZE: () => ({ max: 0xffff_ffffn }),
  CODESIZE: () => ({ max: 0xffff_ffffn }),
  RETURNDATASIZE: () => ({ max: 0xffff_ffffn }),
  EXTCODESIZE: () => ({ max: 0xffff_ffffn }),
  MSIZE: () => ({ max: 0xffff_ffffn }),
  GAS: () => ({ max: (1n << 63n) - 1n }),
  ADDRESS: addressBound,
  ORIGIN: addressBound,
  CALLER: addressBound,
  COINBASE: addressBound,
  TIMESTAMP: () => ({ max: MAX_LIMB }),
  NUMBER: () => ({ max: MAX_LIMB }),
  GASLIMIT: () => ({ max: MAX_LIMB }),
  CHAINID: () => ({ max: MAX_LIMB }),
};

function addressBound(): Known {
  return { max: (1n << 160n) - 1n };
}

/** ADDMOD and MULMOD. */
function modular(compute: (a: bigint, b: bigint) => bigint): Rule {
  return (a, b, { operands }) => {
    const { constant, max } = operands[2]!;
    if (max === 0n) return { constant: 0n };
    if (a.constant === undefined || b.constant === undefined || constant === undefined) return { max: max - 1n };
    return { constant: compute(a.constant, b.constant) % constant };
  };
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = word(result * square);
    square = word(square * square);
  }
  return result;
}

function shiftLeftBound(by: Value, b: Value): Known {
  if (by.constant === undefined) return {};
  return by.constant < 256n ? bounded(b.max << by.constant) : { constant: 0n };
}

function shiftRightBound(by: Value, b: Value): Known {
  if (by.constant === undefined) return { max: b.max };
  return by.constant < 256n ? { max: b.max >> by.constant } : { constant: 0n };
}

/** Instructions that only go through with a first operand that memory can have as an offset. */
const NARROWS: ReadonlySet<string> = new Set(["MLOAD", "MSTORE", "MSTORE8"]);

/** Computes what is known of `value` from what is known of its operands, in the order in which they run. */
export function evaluate(value: Value): void {
  const { operation, operands } = value;
  if (operation === "SLOT") return;
  const [a, b] = operands;
  const { constant, max = MAX_WORD } = RULES[operation]?.(a!, b!, value) ?? {};
  value.constant = constant ?? (max === 0n ? 0n : undefined);
  value.max = value.constant ?? max;
  if (!NARROWS.has(operation)) return;
  value.operandMax = a!.max;
  if (a!.constant === undefined) a!.max = least(a!.max, MAX_OFFSET);
}

/** Sets what is known of the window when the version begins. */
export function applyFacts(version: Version): void {
  version.inputs.forEach((value, i) => {
    if (value.operation !== "SLOT") return;
    const fact = version.facts?.[i];
    value.max = fact?.max ?? MAX_WORD;
    value.constant = fact?.constant;
  });
  for (const value of version.inputs) if (value.operation !== "SLOT") evaluate(value);
}

function evaluateAll(version: Version): void {
  applyFacts(version);
  for (const value of version.values) evaluate(value);
  if (version.ending !== "branch") return;
  version.edges.forEach((edge, i) => {
    const proven = new Map<Value, bigint>();
    refine(version.operands[0]!, i === 0, proven);
    edge.proven = proven;
  });
}

type Bound = readonly [value: Value, max: bigint];
type Conclusion = (a: Value, b: Value) => readonly Bound[];

/** What follows for the operands of a comparison when it holds, and when it does not. */
const CONCLUSIONS: Readonly<Record<string, { holds: Conclusion; fails: Conclusion }>> = {
  ISZERO: { holds: (a) => [[a, 0n]], fails: () => [] },
  LT: { holds: (a, b) => [[a, b.max - 1n]], fails: (a, b) => [[b, a.max]] },
  GT: { holds: (a, b) => [[b, a.max - 1n]], fails: (a, b) => [[a, b.max]] },
  EQ: {
    holds: (a, b) => [
      [a, b.max],
      [b, a.max],
    ],
    fails: () => [],
  },
  SLT: { holds: (a, b) => (isPositive(a) && isPositive(b) ? [[a, b.max - 1n]] : []), fails: () => [] },
  SGT: { holds: (a, b) => (isPositive(a) && isPositive(b) ? [[b, a.max - 1n]] : []), fails: () => [] },
};

function isPositive({ max }: Value): boolean {
  return max < SIGN_BIT;
}

/** Notes what follows for bounds when the condition holds, or not. */
function refine({ operation, operands }: Value, holds: boolean, proven: Map<Value, bigint>): void {
  const [a, b] = operands;
  const conclusion = CONCLUSIONS[operation]?.[holds ? "holds" : "fails"];
  for (const [value, max] of conclusion?.(a!, b!) ?? []) {
    if (max >= 0n && max < (proven.get(value) ?? value.max)) proven.set(value, max);
  }
  if (operation === "ISZERO" && (TRUTHS.has(a!.operation) || a!.operation === "AND")) refine(a!, !holds, proven);
  if (operation === "AND" && holds) {
    for (const part of operands) if (TRUTHS.has(part.operation)) refine(part, true, proven);
  }
}

/** Carries facts along the edges until nothing new follows. */
export function findFacts({ versions }: Exploration): void {
  const queue: Version[] = [];
  const queued = new Set<Version>();
  const enqueue = (version: Version): void => {
    if (queued.has(version)) return;
    queued.add(version);
    queue.push(version);
  };
  for (const version of versions) {
    if (!version.isEntry) continue;
    version.facts = version.inputs.map(() => ({ max: MAX_WORD, constant: undefined }));
    enqueue(version);
  }
  for (let next = queue.shift(); next; next = queue.shift()) {
    const version = next;
    queued.delete(version);
    version.visits++;
    evaluateAll(version);
    version.edges.forEach((edge, i) => {
      if (edge.to && isLive(version, i) && carry(version, edge)) enqueue(edge.to);
    });
  }
  for (const version of versions) if (version.facts) evaluateAll(version);
}

/** Joins what holds at the end of the version into what its successor may rely on; true when that changed. */
function carry(version: Version, edge: Edge): boolean {
  const to = edge.to!;
  let changed = to.facts === undefined;
  to.facts ??= to.inputs.map(() => undefined);
  if (edge.generic) return changed;
  for (let i = 0; i < to.depth; i++) {
    if (to.situation.labels[i] !== undefined) continue;
    const joined = join(to.facts[i], arriving(version.stack[i]!, edge), to.visits);
    if (joined === to.facts[i]) continue;
    to.facts[i] = joined;
    changed = true;
  }
  return changed;
}

function arriving(value: Value, { proven }: Edge): Fact {
  const max = proven?.get(value);
  if (max === undefined || max >= value.max) return value;
  return { max, constant: max === 0n ? 0n : value.constant };
}

function join(known: Fact | undefined, { max, constant }: Fact, visits: number): Fact {
  if (!known) return { max, constant };
  const same = known.constant === constant ? known.constant : undefined;
  if (max <= known.max && same === known.constant) return known;
  const grown = max > known.max;
  const rounded = grown && visits >= VISITS_BEFORE_ROUNDING ? STEPS.find((step) => max <= step)! : max;
  return { max: grown ? rounded : known.max, constant: grown ? undefined : same };
}
