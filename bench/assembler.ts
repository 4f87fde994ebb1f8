import { opcodeByName } from "./opcodes.ts";

/** An instruction by name, a value to push (the shortest PUSH), a label, or a jump target. */
export type Statement = string | bigint | number | { readonly label: string } | { readonly pushLabel: string };

/** Assembles EVM code; labels are pushed as two bytes and mark a JUMPDEST. */
export function assemble(statements: readonly Statement[]): Uint8Array {
  const bytes: number[] = [];
  const labels = new Map<string, number>();
  const references: { at: number; label: string }[] = [];
  for (const statement of statements) {
    if (typeof statement === "string") bytes.push(opcodeByName(statement).code);
    else if (typeof statement !== "object") bytes.push(...push(BigInt(statement)));
    else if ("label" in statement) {
      labels.set(statement.label, bytes.length);
      bytes.push(opcodeByName("JUMPDEST").code);
    } else {
      references.push({ at: bytes.length + 1, label: statement.pushLabel });
      bytes.push(opcodeByName("PUSH2").code, 0, 0);
    }
  }
  for (const { at, label } of references) {
    const target = labels.get(label);
    if (target === undefined) throw new RangeError(`unknown label ${label}`);
    bytes[at] = target >> 8;
    bytes[at + 1] = target & 0xff;
  }
  return Uint8Array.from(bytes);
}

function push(value: bigint): number[] {
  if (value === 0n) return [opcodeByName("PUSH0").code];
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return [opcodeByName("PUSH1").code + bytes.length - 1, ...bytes];
}
