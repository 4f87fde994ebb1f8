import { modexp, MODEXP_MAX_BYTES, MODEXP_OUTPUT } from "../crypto/modexp";
import { ENV } from "../evm/environment";
import { BERLIN, OSAKA } from "../spec/forks";
import { setOutput } from "./result";
import { inputWord } from "./words";

const HEADER: u32 = 96;
const NEVER_AFFORDABLE: u64 = u64.MAX_VALUE;
/** EIP-7823. */
const OSAKA_MAX_BYTES: u64 = 1024;

/** Gas of modexp by EIP-198, EIP-2565 (Berlin) or EIP-7883 (Osaka). */
export function modexpGas(input: usize, len: u32): u64 {
  const baseLen = inputWord(input, len, 0);
  const exponentLen = inputWord(input, len, 32);
  const modulusLen = inputWord(input, len, 64);
  const fork = ENV.fork;
  if (fork >= OSAKA) {
    const size = max<u64>(baseLen, modulusLen);
    const gas = saturatingMultiply(complexity7883(size), iterations(input, len, baseLen, exponentLen, 16));
    return max<u64>(gas, 500);
  }
  if (baseLen == 0 && modulusLen == 0) return fork >= BERLIN ? 200 : 0;
  if (max<u64>(baseLen, modulusLen) > MODEXP_MAX_BYTES || exponentLen > (u32.MAX_VALUE as u64)) return NEVER_AFFORDABLE;
  const size = max<u64>(baseLen, modulusLen);
  const rounds = iterations(input, len, baseLen, exponentLen, 8);
  if (fork >= BERLIN) return max<u64>(saturatingMultiply(complexity2565(size), rounds) / 3, 200);
  return saturatingMultiply(complexity198(size), rounds) / 20;
}

/** Runs modexp; false when a length exceeds the bound of EIP-7823. */
export function runModexp(input: usize, len: u32): bool {
  const baseLen = inputWord(input, len, 0);
  const exponentLen = inputWord(input, len, 32);
  const modulusLen = inputWord(input, len, 64);
  if (ENV.fork >= OSAKA && max<u64>(max<u64>(baseLen, exponentLen), modulusLen) > OSAKA_MAX_BYTES) return false;
  if (modulusLen == 0) return true;
  const dataLen: u32 = len > HEADER ? len - HEADER : 0;
  modexp(input + HEADER, dataLen, baseLen as u32, exponentLen as u32, modulusLen as u32);
  setOutput(MODEXP_OUTPUT, modulusLen as u32);
  return true;
}

// Bits of the exponent after the first, the bytes beyond 32 counted `perByte` each; at least one.
function iterations(input: usize, len: u32, baseLen: u64, exponentLen: u64, perByte: u64): u64 {
  const headLen = min<u64>(exponentLen, 32) as u32;
  const bits = headBits(input, len, HEADER + baseLen, headLen);
  const head: u64 = bits > 0 ? bits - 1 : 0;
  const tail = exponentLen > 32 ? saturatingMultiply(exponentLen - 32, perByte) : 0;
  const total = tail + head;
  return total < tail ? NEVER_AFFORDABLE : max<u64>(total, 1);
}

// Bit length of the big-endian number of `bytes` ≤ 32 bytes at `offset`, which may lie beyond the input.
function headBits(input: usize, len: u32, offset: u64, bytes: u32): u64 {
  if (offset < HEADER) return 0;
  for (let i: u32 = 0; i < bytes; i++) {
    const position = offset + i;
    if (position >= len) return 0;
    const byte = load<u8>(input + (position as usize)) as u32;
    if (byte != 0) return (bytes - i) * 8 - (clz<u32>(byte) - 24);
  }
  return 0;
}

function complexity198(size: u64): u64 {
  if (size <= 64) return size * size;
  if (size <= 1024) return size * size / 4 + 96 * size - 3072;
  return size * size / 16 + 480 * size - 199680;
}

function complexity2565(size: u64): u64 {
  const words = (size + 7) / 8;
  return words * words;
}

function complexity7883(size: u64): u64 {
  if (size <= 32) return 16;
  if (size > OSAKA_MAX_BYTES) return NEVER_AFFORDABLE;
  return 2 * complexity2565(size);
}

function saturatingMultiply(a: u64, b: u64): u64 {
  return b != 0 && a > u64.MAX_VALUE / b ? NEVER_AFFORDABLE : a * b;
}
