/** Longest-match tokenizer over byte pieces; the same rule as the kernel's (docs/spec/model.md, "Tokenizer"). */
export interface Tokenizer {
  encode(text: string): number[];
  /** Concatenated bytes of the pieces as UTF-8; control tokens print nothing. */
  decode(tokens: readonly number[]): string;
}

export interface TokenizerOptions {
  /** Number of control tokens; the first text piece has this id. */
  readonly controls: number;
  /** Text pieces in ascending byte order. */
  readonly pieces: readonly Uint8Array[];
  /** Token for a byte that starts no piece. */
  readonly unknown: number;
  /** A space is put before the text, so that its first word is written like the others. */
  readonly leadingSpace: boolean;
  /** Pieces of two or more bytes that begin with a space match whole words only, in any case. */
  readonly wholeWords: boolean;
}

const WORD_BYTE = /[0-9A-Za-z\x80-\xff]/;

function foldCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function createTokenizer(options: TokenizerOptions): Tokenizer {
  const { controls, pieces, unknown, leadingSpace, wholeWords } = options;
  const key = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
  const ids = new Map(pieces.map((piece, i) => [key(piece), controls + i]));
  const longest = pieces.reduce((length, piece) => Math.max(length, piece.length), 1);

  const match = (text: string, at: number): [id: number, length: number] => {
    const words = wholeWords && text[at] === " ";
    for (let length = Math.min(longest, text.length - at); length > 0; length--) {
      if (words && length > 1 && WORD_BYTE.test(text[at + length] ?? "")) continue;
      const bytes = text.slice(at, at + length);
      const id = ids.get(words ? foldCase(bytes) : bytes);
      if (id !== undefined) return [id, length];
    }
    return [unknown, 1];
  };

  return {
    encode(text) {
      const bytes = key(new TextEncoder().encode((leadingSpace ? " " : "") + text));
      const tokens: number[] = [];
      for (let at = 0; at < bytes.length; ) {
        const [id, length] = match(bytes, at);
        tokens.push(id);
        at += length;
      }
      return tokens;
    },
    decode(tokens) {
      return Buffer.concat(tokens.map((token) => pieces[token - controls] ?? new Uint8Array())).toString("utf8");
    },
  };
}
