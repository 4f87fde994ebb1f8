import { codec } from "./codec-instance.ts";
import { KernelError } from "./errors.ts";

/** A byte string or a list of items. */
export type RlpItem = Uint8Array | readonly RlpItem[];

const TOKEN_WORDS = 4;

/**
 * Decodes exactly one item.
 *
 * @throws KernelError `INVALID_ARGUMENT` when the bytes are not canonical RLP
 */
export function decodeRlp(bytes: Uint8Array): RlpItem {
  const { exports, bytes: memory } = codec();
  const start = exports.codecBuffer(aligned(bytes.length) + bytes.length * TOKEN_WORDS * 4) >>> 0;
  const tokens = start + aligned(bytes.length);
  memory().set(bytes, start);
  const count = exports.rlpDecode(start, bytes.length, tokens);
  if (count < 0) throw new KernelError("INVALID_ARGUMENT", "not canonical RLP");
  const words = new Uint32Array(memory().buffer, tokens, count * TOKEN_WORDS).slice();
  return assemble(bytes, words, count);
}

/** Tokens (offset, length, parent, list) come parents first, so every list exists before its items. */
function assemble(bytes: Uint8Array, words: Uint32Array, count: number): RlpItem {
  const items: RlpItem[] = [];
  for (let token = 0; token < count; token++) {
    const [offset, length, parent, list] = words.subarray(token * TOKEN_WORDS) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const item: RlpItem = list ? [] : bytes.slice(offset, offset + length);
    items.push(item);
    if (token > 0) (items[parent] as RlpItem[]).push(item);
  }
  return items[0]!;
}

/** Encodes an item. Nesting is limited by the call stack only. */
export function encodeRlp(item: RlpItem): Uint8Array {
  const { exports, bytes: memory } = codec();
  const room = encodedBound(item);
  const end = (exports.codecBuffer(room) >>> 0) + room;
  const start = prepend(item, end);
  return memory().slice(start, end);

  /** Writes backwards, so that a list's length is known when its header is due. */
  function prepend(part: RlpItem, to: number): number {
    if (!(part instanceof Uint8Array)) {
      let at = to;
      for (let index = part.length - 1; index >= 0; index--) at = prepend(part[index]!, at);
      return exports.rlpPrependListHeader(at, to - at) >>> 0;
    }
    const payload = to - part.length;
    memory().set(part, payload);
    return part.length === 1 && part[0]! < 0x80 ? payload : exports.rlpPrependBytesHeader(payload, part.length) >>> 0;
  }
}

/** Every header takes at most 5 bytes. */
function encodedBound(item: RlpItem): number {
  if (item instanceof Uint8Array) return item.length + 5;
  return item.reduce((sum, part) => sum + encodedBound(part), 5);
}

function aligned(length: number): number {
  return (length + 15) & ~15;
}
