import { encodeRlp, keccak256, type RlpItem } from "@hyperion/kernel";
import { accountLeafValue } from "./account.ts";

/** Nodes shorter than a hash are embedded in their parent. */
const HASH = 32;

/** What a parent has in a child's place: its hash, or the child itself when that is shorter. */
export function reference(node: RlpItem, rlp: Uint8Array): RlpItem {
  return rlp.length < HASH ? node : keccak256(rlp);
}

/** @param rest the nibbles of the key below the leaf's place */
export function leaf(rest: Uint8Array, value: Uint8Array): RlpItem {
  return [compactPath(rest, true), value];
}

export function extension(path: Uint8Array, child: RlpItem): RlpItem {
  return [compactPath(path, false), child];
}

/** What the leaf of a flat entry holds. */
export function leafValue(table: "accounts" | "slots", flat: Uint8Array): Uint8Array {
  return table === "accounts" ? accountLeafValue(flat) : encodeRlp(flat);
}

/** Hex-prefix encoding of nibbles. */
function compactPath(nibbles: Uint8Array, isLeaf: boolean): Uint8Array {
  const odd = nibbles.length & 1;
  const bytes = new Uint8Array((nibbles.length >> 1) + 1);
  bytes[0] = ((isLeaf ? 2 : 0) | odd) << 4;
  if (odd) bytes[0] |= nibbles[0]!;
  for (let i = odd; i < nibbles.length; i += 2) bytes[((i - odd) >> 1) + 1] = (nibbles[i]! << 4) | nibbles[i + 1]!;
  return bytes;
}
