/** Tables of the merging tokenizer as the blob holds them (docs/spec/model.md, "Merges"). */
export interface MergeTables {
  /** How text is cut into words before merging. */
  readonly splitter: "none" | "gpt2" | "llama3" | "digits";
  /** 256 tokens: of each byte, for characters that have no token. */
  readonly byteTokens: Uint32Array;
  /** Pairs (code point, token), ascending. */
  readonly characters: Uint32Array;
  /** Quadruples (left, right, rank, result), ascending by left and right. */
  readonly merges: Uint32Array;
  /** Code point · 4 + class, ascending: from where on a class holds. Empty without a splitter. */
  readonly ranges: Uint32Array;
}

/** One rule of a tokenizer: `left` followed by `right` becomes `result`, the lowest rank first. */
export interface Merge {
  readonly left: number;
  readonly right: number;
  readonly rank: number;
  readonly result: number;
}

/** Rules in the order of the blob; of several for the same pair the one with the lowest rank. */
export function packMerges(merges: readonly Merge[]): Uint32Array {
  const sorted = merges.toSorted((a, b) => a.left - b.left || a.right - b.right || a.rank - b.rank);
  const unique = sorted.filter(({ left, right }, i) => left !== sorted[i - 1]?.left || right !== sorted[i - 1]?.right);
  return Uint32Array.from(unique.flatMap(({ left, right, rank, result }) => [left, right, rank, result]));
}

/** Characters in the order of the blob; the first of several tokens with the same text counts. */
export function packCharacters(characters: readonly (readonly [point: number, token: number])[]): Uint32Array {
  const first = new Map(characters.toReversed());
  return Uint32Array.from([...first].sort(([a], [b]) => a - b).flat());
}

/** Letters 1, numbers 2 and white space 3 of this platform's Unicode, everything else 0. */
export function characterRanges(): Uint32Array {
  const classes: readonly RegExp[] = [/\p{L}/u, /\p{N}/u, /\p{White_Space}/u];
  const ranges: number[] = [];
  let current = -1;
  for (let point = 0; point <= 0x10ffff; point++) {
    const character = String.fromCodePoint(point);
    const kind = classes.findIndex((pattern) => pattern.test(character)) + 1;
    if (kind !== current) ranges.push(point * 4 + kind);
    current = kind;
  }
  return Uint32Array.from(ranges);
}
