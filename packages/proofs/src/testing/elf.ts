import type { Image } from "../image.ts";
import { TEXT_BASE } from "../translate/layout.ts";

const HEADER = 64;
const PROGRAM_HEADER = 56;
const ALIGNMENT = 4096;
const [LOAD, EXECUTABLE, READ_WRITE] = [1, 5, 6];

/** Part of an ELF file: bytes at an address, and zeros behind them up to `size`. */
export interface ElfSegment {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly size: number;
}

/**
 * A static ELF64 executable for Linux on RISC-V: the text of an image from `entry` on, with the other segments readable and
 * writable. With it, other emulators run what this package translates.
 */
export function encodeElf(text: Image["text"], entry: number, segments: readonly ElfSegment[]): Uint8Array {
  const code = new Uint8Array(text.buffer.slice(text.byteOffset, text.byteOffset + text.byteLength));
  const all: readonly (ElfSegment & { readonly flags: number })[] = [
    { address: TEXT_BASE, bytes: code, size: code.length, flags: EXECUTABLE },
    ...segments.map((segment) => ({ ...segment, flags: READ_WRITE })),
  ];
  const offsets: number[] = [];
  let end = HEADER + PROGRAM_HEADER * all.length;
  for (const { address, bytes } of all) {
    end = Math.ceil(end / ALIGNMENT) * ALIGNMENT + (address % ALIGNMENT);
    offsets.push(end);
    end += bytes.length;
  }
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  // Class 64, little-endian, version 1; executable, machine RISC-V, version 1.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, BigInt(HEADER), true);
  view.setUint16(52, HEADER, true);
  view.setUint16(54, PROGRAM_HEADER, true);
  view.setUint16(56, all.length, true);
  for (const [i, { address, bytes, size, flags }] of all.entries()) {
    const at = HEADER + PROGRAM_HEADER * i;
    view.setUint32(at, LOAD, true);
    view.setUint32(at + 4, flags, true);
    const fields = [offsets[i]!, address, address, bytes.length, size, ALIGNMENT];
    for (const [j, field] of fields.entries()) view.setBigUint64(at + 8 + 8 * j, BigInt(field), true);
    file.set(bytes, offsets[i]!);
  }
  return file;
}
