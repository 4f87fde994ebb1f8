/** Images for the classifier: digits and shapes in any two colours, at any place, with noise. Deterministic by seed. */

export const SIDE = 16;
export const CHANNELS = 3;
export const CLASSES: readonly string[] = [..."0123456789", "circle", "square", "triangle"];

export interface LabelledImage {
  /** u8 [SIDE][SIDE][CHANNELS]: red, green, blue. */
  readonly pixels: Uint8Array;
  /** Place in `CLASSES`. */
  readonly label: number;
}

/** Rows of five dots, the left one in bit 4. */
const DIGITS: readonly (readonly number[])[] = [
  [14, 17, 19, 21, 25, 17, 14],
  [4, 12, 4, 4, 4, 4, 14],
  [14, 17, 1, 2, 4, 8, 31],
  [31, 2, 4, 2, 1, 17, 14],
  [2, 6, 10, 18, 31, 2, 2],
  [31, 16, 30, 1, 1, 17, 14],
  [6, 8, 16, 30, 17, 17, 14],
  [31, 1, 2, 4, 8, 8, 8],
  [14, 17, 17, 14, 17, 17, 14],
  [14, 17, 17, 15, 1, 2, 12],
];

type Inside = (u: number, v: number) => boolean;

/** Figures on the unit square. */
const SHAPES: readonly Inside[] = [
  (u, v) => (u - 0.5) * (u - 0.5) + (v - 0.5) * (v - 0.5) <= 0.25,
  () => true,
  (u, v) => Math.abs(u - 0.5) <= v / 2,
];

const insideOf = (label: number): Inside => {
  const rows = DIGITS[label];
  if (!rows) return SHAPES[label - DIGITS.length]!;
  return (u, v) => ((rows[Math.min(6, Math.floor(v * 7))]! >> (4 - Math.min(4, Math.floor(u * 5)))) & 1) === 1;
};

/** Mulberry32: 0 … 1. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` images of classes drawn at random. */
export function generateImages(seed: number, count: number): LabelledImage[] {
  const next = generator(seed);
  return Array.from({ length: count }, () => draw(next));
}

function draw(next: () => number): LabelledImage {
  const label = Math.floor(next() * CLASSES.length);
  const isDigit = label < DIGITS.length;
  const width = isDigit ? 7 + next() * 4 : 7 + next() * 7;
  const height = isDigit ? width * 1.4 : width;
  const left = 0.5 + next() * (SIDE - width - 1);
  const top = 0.5 + next() * Math.max(0, SIDE - height - 1);
  const slant = (next() - 0.5) * 0.2;
  const [ink, paper] = colours(next);
  const inside = insideOf(label);
  const pixels = new Uint8Array(SIDE * SIDE * CHANNELS);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const v = (y + 0.5 - top) / height;
      const u = (x + 0.5 - left) / width + slant * (v - 0.5);
      const isInk = u >= 0 && u < 1 && v >= 0 && v < 1 && inside(u, v);
      for (let c = 0; c < CHANNELS; c++) {
        const value = (isInk ? ink : paper)[c]! + (next() - 0.5) * 30;
        pixels[(y * SIDE + x) * CHANNELS + c] = Math.max(0, Math.min(255, Math.round(value)));
      }
    }
  }
  return { pixels, label };
}

/** Two colours that differ enough in brightness. */
function colours(next: () => number): readonly [readonly number[], readonly number[]] {
  const colour = (): number[] => [next() * 255, next() * 255, next() * 255];
  const brightness = ([r, g, b]: readonly number[]): number => 0.3 * r! + 0.59 * g! + 0.11 * b!;
  while (true) {
    const ink = colour();
    const paper = colour();
    if (Math.abs(brightness(ink) - brightness(paper)) > 70) return [ink, paper];
  }
}
