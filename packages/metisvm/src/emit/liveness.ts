/** Which values of a version are needed, and for how long. */
import { PURE, type Value } from "../program/value.ts";
import { isLive, type Version } from "../program/version.ts";

/** Values that the end of a version uses live as long as it. */
const END = Number.MAX_SAFE_INTEGER;

/** Marks what has to be computed, and where each value is used last. */
export function prepare(version: Version): void {
  const all = [...version.inputs, ...version.values];
  for (const value of all) {
    value.needed = false;
    value.limbs = undefined;
    value.truth = undefined;
    value.held = [];
    value.lastUse = -1;
  }
  const need = (value: Value): void => {
    if (value.needed) return;
    value.needed = true;
    for (const operand of value.operands) need(operand);
  };
  for (const value of version.values) if (!PURE.has(value.operation)) need(value);
  for (const value of version.operands) need(value);
  version.stack.forEach((value, i) => {
    if (leavesOnStack(version, i)) need(value);
  });
  version.values.forEach((value, i) => {
    if (value.needed) for (const operand of value.operands) operand.lastUse = i;
  });
  for (const value of [...version.operands, ...version.stack]) if (value.needed) value.lastUse = END;
}

/** Whether anybody finds the word at this place of the stack when the version has ended. */
function leavesOnStack(version: Version, index: number): boolean {
  if (version.ending === "call" || version.ending === "create") return true;
  if (version.ending === "dynamicJump" || version.ending === "dynamicBranch") return true;
  return version.edges.some((edge, i) => {
    if (!edge.to || !isLive(version, i)) return false;
    if (edge.generic) return true;
    return edge.to.situation.labels[index] === undefined && edge.to.facts?.[index]?.constant === undefined;
  });
}

/** Values by the position of their last use within the version. */
export function deaths(values: readonly Value[]): Value[][] {
  const dying: Value[][] = values.map(() => []);
  for (const value of new Set(values.flatMap((each) => [each, ...each.operands]))) {
    if (value.lastUse >= 0 && value.lastUse < values.length) dying[value.lastUse]!.push(value);
  }
  values.forEach((value, i) => {
    if (value.lastUse < 0) dying[i]!.push(value);
  });
  return dying;
}
