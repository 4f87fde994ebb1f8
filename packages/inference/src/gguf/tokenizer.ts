import { ModelError } from "../errors.ts";
import { characterRanges, type Merge, type MergeTables, packCharacters, packMerges } from "../merge-tables.ts";
import type { GgufFile } from "./file.ts";
import { booleanAt, integerAt, numbersAt, stringAt, stringsAt } from "./metadata.ts";

/** What a model blob says about its tokenizer. */
export interface ImportedTokenizer {
  readonly pieces: readonly Uint8Array[];
  readonly merging: MergeTables;
  readonly leadingSpace: boolean;
  readonly wholeWords: false;
  readonly unknown: number;
  readonly end: number;
  readonly endOfTurn?: number;
  /** Tokens before every prompt. */
  readonly prefix: readonly number[];
}

/** Kinds of tokens in `tokenizer.ggml.token_type`. */
const KIND = { normal: 1, userDefined: 4, unused: 5, byte: 6 } as const;
const MAX_PIECE = 255;
const SPACE_MARK = "\u2581";

/** The names of pre-tokenizers in files, and the splitter that cuts as they do. */
const SPLITTERS: Readonly<Record<string, MergeTables["splitter"]>> = {
  ...{ "gpt-2": "gpt2", gpt2: "gpt2", olmo: "gpt2", mpt: "gpt2" },
  ...{ "llama-bpe": "llama3", "llama-v3": "llama3", llama3: "llama3", "smaug-bpe": "llama3" },
  ...{ smollm: "digits", starcoder: "digits", refact: "digits", "command-r": "digits", codeshell: "digits" },
};

/** Tokens that end an assistant's turn, in files that do not name one. */
const TURN_ENDS: readonly string[] = ["<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>"];

/** Reads `tokenizer.ggml.*`. Throws `ModelError` DAMAGED_FILE or UNSUPPORTED. */
export function importTokenizer(file: GgufFile): ImportedTokenizer {
  const model = stringAt(file, "tokenizer.ggml.model");
  if (model !== "llama" && model !== "gpt2") throw new ModelError("UNSUPPORTED", `a tokenizer of type ${model}`);
  const texts = stringsAt(file, "tokenizer.ggml.tokens");
  const kinds = numbersAt(file, "tokenizer.ggml.token_type", texts.length) ?? texts.map(() => KIND.normal);
  const sentencePiece = model === "llama";
  const tables = sentencePiece ? sentencePieceTables(file, texts, kinds) : bytePairTables(file, texts, kinds);
  const id = (name: string): number | undefined => {
    const value = integerAt(file, `tokenizer.ggml.${name}`);
    if (value !== undefined && value >= texts.length) throw new ModelError("DAMAGED_FILE", `${name} is no token`);
    return value;
  };
  const begin = id("bos_token_id");
  const end = id("eos_token_id");
  if (end === undefined) throw new ModelError("UNSUPPORTED", "a tokenizer without an end token");
  const unknown = id("unknown_token_id") ?? begin ?? end;
  const turnEnd = id("eot_token_id") ?? TURN_ENDS.map((text) => texts.indexOf(text)).find((at) => at >= 0);
  const addBegin = booleanAt(file, "tokenizer.ggml.add_bos_token") ?? sentencePiece;
  return {
    pieces: tables.pieces,
    merging: { ...tables.merging, byteTokens: tables.merging.byteTokens.map((t) => (t === NONE ? unknown : t)) },
    wholeWords: false,
    leadingSpace: booleanAt(file, "tokenizer.ggml.add_space_prefix") ?? sentencePiece,
    unknown,
    end,
    ...(turnEnd !== undefined && turnEnd !== end && { endOfTurn: turnEnd }),
    prefix: addBegin && begin !== undefined ? [begin] : [],
  };
}

/** A byte that no token stands for. */
const NONE = 0xffffffff;

interface Tables {
  readonly pieces: readonly Uint8Array[];
  readonly merging: MergeTables;
}

/** SentencePiece: any two tokens whose joined text is a token may merge, the highest score first. */
function sentencePieceTables(file: GgufFile, texts: readonly string[], kinds: readonly number[]): Tables {
  const scores = numbersAt(file, "tokenizer.ggml.scores", texts.length);
  if (!scores) throw new ModelError("DAMAGED_FILE", "tokenizer.ggml.scores is missing");
  const isText = (id: number): boolean => kinds[id] === KIND.normal || kinds[id] === KIND.userDefined;
  const ids = new Map<string, number>();
  texts.forEach((text, id) => {
    if (isText(id) && text !== "" && !ids.has(text)) ids.set(text, id);
  });
  const ranks = new Map([...new Set(scores)].sort((a, b) => b - a).map((score, rank) => [score, rank]));
  const byteTokens = new Uint32Array(256).fill(NONE);
  const characters: [number, number][] = [];
  const merges: Merge[] = [];
  for (const [text, result] of ids) {
    const points = [...text];
    if (points.length === 1) characters.push([text === SPACE_MARK ? 0x20 : text.codePointAt(0)!, result]);
    for (let cut = 1, at = 0; cut < points.length; cut++) {
      at += points[cut - 1]!.length;
      const [left, right] = [ids.get(text.slice(0, at)), ids.get(text.slice(at))];
      if (left !== undefined && right !== undefined)
        merges.push({ left, right, rank: ranks.get(scores[result]!)!, result });
    }
  }
  const pieces = texts.map((text, id) => {
    const byte = kinds[id] === KIND.byte ? /^<0x([0-9A-Fa-f]{2})>$/.exec(text)?.[1] : undefined;
    if (byte !== undefined) {
      byteTokens[Number.parseInt(byte, 16)] = id;
      return Uint8Array.of(Number.parseInt(byte, 16));
    }
    return isText(id) ? piece(text.replaceAll(SPACE_MARK, " ")) : new Uint8Array(0);
  });
  const packed = { characters: packCharacters(characters), merges: packMerges(merges) };
  return { pieces, merging: { splitter: "none", byteTokens, ...packed, ranges: new Uint32Array(0) } };
}

/** Byte-level BPE: the file lists the merges in the order of their ranks. */
function bytePairTables(file: GgufFile, texts: readonly string[], kinds: readonly number[]): Tables {
  const name = stringAt(file, "tokenizer.ggml.pre", "default");
  const splitter = SPLITTERS[name];
  if (!splitter) throw new ModelError("UNSUPPORTED", `the pre-tokenizer ${name}`);
  const bytes = new Map(byteCharacters().map((character, byte) => [character, byte]));
  const isText = (id: number): boolean => kinds[id] === KIND.normal || kinds[id] === KIND.userDefined;
  const ids = new Map<string, number>();
  texts.forEach((text, id) => {
    if (isText(id) && !ids.has(text)) ids.set(text, id);
  });
  const pieces = texts.map((text, id) => {
    if (!isText(id)) return new Uint8Array(0);
    const plain = [...text].map((character) => bytes.get(character));
    return plain.includes(undefined) ? piece(text) : checked(Uint8Array.from(plain as number[]), text);
  });
  const merges = stringsAt(file, "tokenizer.ggml.merges").flatMap((rule, rank): Merge[] => {
    const cut = rule.indexOf(" ", 1);
    const [left, right] = [rule.slice(0, cut), rule.slice(cut + 1)].map((part) => ids.get(part));
    const result = ids.get(rule.slice(0, cut) + rule.slice(cut + 1));
    if (left === undefined || right === undefined || result === undefined) return [];
    return [{ left, right, rank, result }];
  });
  const byteTokens = Uint32Array.from(byteCharacters(), (character) => ids.get(character) ?? NONE);
  const packed = { characters: new Uint32Array(0), merges: packMerges(merges) };
  return { pieces, merging: { splitter, byteTokens, ...packed, ranges: characterRanges() } };
}

/** The printable characters that stand for the bytes 0…255 in files of byte-level BPE. */
export function byteCharacters(): readonly string[] {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

function piece(text: string): Uint8Array {
  return checked(new TextEncoder().encode(text), text);
}

function checked(bytes: Uint8Array, text: string): Uint8Array {
  if (bytes.length > MAX_PIECE)
    throw new ModelError("UNSUPPORTED", `the token ${text.slice(0, 20)}… is over 255 bytes`);
  return bytes;
}
