import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Image } from "../image.ts";
import * as rv from "../riscv/encode.ts";
import { A0, A1, A2, A7, GP, SP, T0, TP, ZERO } from "../riscv/registers.ts";
import { Ecall, PANIC } from "../translate/calls.ts";
import { DATA_BASE, MEMORY_BASE, PAGE, STACK_TOP, TEXT_BASE, WINDOW } from "../translate/layout.ts";
import { encodeElf } from "./elf.ts";

const QEMU = "qemu-riscv64";
const LINUX_WRITE = 64;

/** Why images cannot be run under QEMU here; `undefined` when they can. */
export function qemuMissing(): string | undefined {
  const { error, status } = spawnSync(QEMU, ["--version"]);
  return error || status !== 0 ? `${QEMU} (Debian: qemu-user) is not installed` : undefined;
}

export type QemuOutcome = "trapped" | { readonly result: bigint; readonly memory: Uint8Array };

/**
 * Runs an exported function of an image without imports under QEMU's user mode: another implementation of the ISA.
 *
 * @param pages room for the module's memory, at least what it may grow to
 */
export function runUnderQemu(image: Image, name: string, values: readonly bigint[], pages: number): QemuOutcome {
  const { address } = image.entries.find((entry) => entry.name === name)!;
  const { text, entry } = linuxProgram(image, address, values);
  const stack = { address: 0, bytes: new Uint8Array(0), size: STACK_TOP };
  const memory = { address: MEMORY_BASE, bytes: memoryOf(image), size: pages * PAGE };
  const data = image.segments.find((segment) => segment.address === DATA_BASE)!;
  const file = encodeElf(text, entry, [stack, { ...data, size: data.bytes.length }, memory]);
  const folder = mkdtempSync(join(tmpdir(), "hyperion-qemu-"));
  try {
    const path = join(folder, "image");
    writeFileSync(path, file, { mode: 0o755 });
    const { status, stdout, stderr } = spawnSync(QEMU, [path], { maxBuffer: 1 << 28 });
    if (status === PANIC) return "trapped";
    if (status !== 0) throw new Error(`${QEMU} ended with ${status}: ${stderr}`);
    return { result: stdout.readBigInt64LE(0), memory: new Uint8Array(stdout.subarray(8)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The text, with code behind it that passes the arguments, and that writes result and memory out in place of `returned`. */
function linuxProgram(image: Image, address: number, values: readonly bigint[]): { text: Uint32Array; entry: number } {
  const text = [...image.text];
  const begin = TEXT_BASE + 4 * text.length;
  text.push(...wholeNumber(T0, BigInt(address)));
  for (const [i, value] of values.entries()) text.push(...wholeNumber(A0 + i, value));
  text.push(rv.jal(ZERO, image.caller - (TEXT_BASE + 4 * text.length)));
  const returned = image.text.indexOf(rv.addi(A7, ZERO, Ecall.returned) >>> 0);
  const end = TEXT_BASE + 4 * text.length;
  text[returned] = rv.jal(ZERO, end - (TEXT_BASE + 4 * returned));
  text.push(rv.sd(A0, SP, -8), rv.addi(A1, SP, -8), rv.addi(A2, ZERO, 8), ...write());
  text.push(rv.addi(A1, TP, 0), rv.ld(A2, GP, -WINDOW / 2), ...write());
  text.push(rv.addi(A0, ZERO, 0), rv.addi(A7, ZERO, Ecall.exit), rv.ECALL);
  return { text: Uint32Array.from(text, (word) => word >>> 0), entry: begin };
}

const write = (): number[] => [rv.addi(A0, ZERO, 1), rv.addi(A7, ZERO, LINUX_WRITE), rv.ECALL];

/** Sets a register to 64 bits, eleven at a time. */
function wholeNumber(register: number, value: bigint): number[] {
  const words = [rv.addi(register, ZERO, Number(BigInt.asIntN(64, value) >> 55n))];
  for (let shift = 44n; shift >= 0n; shift -= 11n) {
    words.push(rv.slli(register, register, 11), rv.ori(register, register, Number((value >> shift) & 0x7ffn)));
  }
  return words;
}

function memoryOf({ segments }: Image): Uint8Array {
  const own = segments.filter(({ address }) => address >= MEMORY_BASE);
  const bytes = new Uint8Array(
    Math.max(0, ...own.map((segment) => segment.address + segment.bytes.length - MEMORY_BASE)),
  );
  for (const segment of own) bytes.set(segment.bytes, segment.address - MEMORY_BASE);
  return bytes;
}
