import { codec } from "./codec-instance.ts";

const HASH = 32;

/** Keccak-256, as Ethereum hashes. */
export function keccak256(data: Uint8Array): Uint8Array {
  const { exports, bytes } = codec();
  const at = exports.codecBuffer(data.length + HASH) >>> 0;
  const memory = bytes();
  memory.set(data, at);
  const out = at + data.length;
  exports.codecKeccak(at, data.length, out);
  return bytes().slice(out, out + HASH);
}
