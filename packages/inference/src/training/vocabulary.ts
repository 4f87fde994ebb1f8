import { trainingWords } from "./corpus.ts";
import { FIELDS, TOOLS } from "./templates.ts";

const encoder: TextEncoder = new TextEncoder();

/** Control tokens of the default model: they match no text and print nothing. */
export const CONTROL = { unknown: 0, begin: 1, end: 2, answer: 3 } as const;
export const CONTROLS = 4;

/** Rows of the embedding: tokens rounded up to the trainer's multiple of 8. */
export function defaultVocab(): number {
  return Math.ceil((CONTROLS + defaultPieces().length) / 8) * 8;
}

/**
 * Text pieces of the default model in blob order (ascending bytes): printable ASCII, the words of the training patterns
 * with their leading space, and the fixed parts of the JSON output.
 */
export function defaultPieces(): Uint8Array[] {
  const pieces = new Set<string>();
  for (let code = 32; code < 127; code++) pieces.add(String.fromCharCode(code));
  for (const word of trainingWords()) pieces.add(` ${word}`);
  for (const tool of TOOLS)
    pieces.add(FIELDS[tool].length === 0 ? `{"tool":"${tool}"}` : `{"tool":"${tool}","asset":"`);
  for (const glue of ['","amount":"', '","to":"', '"}']) pieces.add(glue);
  return [...pieces].map((piece) => encoder.encode(piece)).sort(compareBytes);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
