import { BLAKE2F_INPUT, blake2f } from "../crypto/blake2f";
import { keccak256 } from "../crypto/keccak";
import { ripemd160 } from "../crypto/ripemd160";
import { sha256 } from "../crypto/sha256";
import { curve } from "./host";
import { runModexp } from "./modexp";
import { PRECOMPILE_OUTPUT_LEN, setOutput } from "./result";
import { SCRATCH_HASH, SCRATCH_INPUT, SCRATCH_OUTPUT, SCRATCH_OUTPUT_SIZE, scratch } from "./scratch";
import {
  ID_BLAKE2F, ID_BLS12_G1_ADD, ID_BLS12_G1_MSM, ID_BLS12_G2_ADD, ID_BLS12_G2_MSM, ID_BLS12_MAP_FP2_TO_G2,
  ID_BLS12_MAP_FP_TO_G1, ID_BLS12_PAIRING, ID_BN254_ADD, ID_BN254_MUL, ID_BN254_PAIRING, ID_ECRECOVER, ID_IDENTITY,
  ID_KZG_POINT_EVALUATION, ID_MODEXP, ID_P256VERIFY, ID_RIPEMD160, ID_SHA256,
} from "./table";

/** Runs a paid-for precompile and sets its output; false when it fails. */
export function execute(id: u32, input: usize, len: u32): bool {
  switch (id) {
    case ID_ECRECOVER: return runEcrecover(input, len);
    case ID_SHA256: return runSha256(input, len);
    case ID_RIPEMD160: return runRipemd160(input, len);
    case ID_IDENTITY: return runIdentity(input, len);
    case ID_MODEXP: return runModexp(input, len);
    case ID_BN254_ADD: return runCurvePadded(id, input, len, 128);
    case ID_BN254_MUL: return runCurvePadded(id, input, len, 96);
    case ID_BN254_PAIRING: return len % 192 == 0 && runCurve(id, input, len);
    case ID_BLAKE2F: return runBlake2f(input, len);
    case ID_KZG_POINT_EVALUATION: return len == 192 && runCurve(id, input, len);
    case ID_BLS12_G1_ADD: return len == 256 && runCurve(id, input, len);
    case ID_BLS12_G1_MSM: return len != 0 && len % 160 == 0 && runCurve(id, input, len);
    case ID_BLS12_G2_ADD: return len == 512 && runCurve(id, input, len);
    case ID_BLS12_G2_MSM: return len != 0 && len % 288 == 0 && runCurve(id, input, len);
    case ID_BLS12_PAIRING: return len != 0 && len % 384 == 0 && runCurve(id, input, len);
    case ID_BLS12_MAP_FP_TO_G1: return len == 64 && runCurve(id, input, len);
    case ID_BLS12_MAP_FP2_TO_G2: return len == 128 && runCurve(id, input, len);
    case ID_P256VERIFY: return len != 160 || runCurve(id, input, len);
    default: return false;
  }
}

/** A signature that recovers to nobody gives no output, and the call succeeds. */
function runEcrecover(input: usize, len: u32): bool {
  if (!runCurvePadded(ID_ECRECOVER, input, len, 128)) return false;
  if (PRECOMPILE_OUTPUT_LEN == 0) return true;
  const out = scratch() + SCRATCH_OUTPUT;
  keccak256(out, 64, out);
  memory.fill(out, 0, 12);
  setOutput(out, 32);
  return true;
}

function runSha256(input: usize, len: u32): bool {
  const out = scratch() + SCRATCH_OUTPUT;
  sha256(input, len, out, scratch() + SCRATCH_HASH);
  setOutput(out, 32);
  return true;
}

function runRipemd160(input: usize, len: u32): bool {
  const out = scratch() + SCRATCH_OUTPUT;
  memory.fill(out, 0, 12);
  ripemd160(input, len, out + 12, scratch() + SCRATCH_HASH);
  setOutput(out, 32);
  return true;
}

function runIdentity(input: usize, len: u32): bool {
  setOutput(input, len);
  return true;
}

function runBlake2f(input: usize, len: u32): bool {
  if (len != BLAKE2F_INPUT || load<u8>(input + BLAKE2F_INPUT - 1) > 1) return false;
  const out = scratch() + SCRATCH_OUTPUT;
  blake2f(input, out, scratch() + SCRATCH_HASH);
  setOutput(out, 64);
  return true;
}

function runCurve(id: u32, input: usize, len: u32): bool {
  const out = scratch() + SCRATCH_OUTPUT;
  const written = curve(id, input, len, out, SCRATCH_OUTPUT_SIZE);
  if (written < 0) return false;
  setOutput(out, written);
  return true;
}

// Inputs of the precompiles before EIP-4844 are cut or zero-padded to their length.
function runCurvePadded(id: u32, input: usize, len: u32, expected: u32): bool {
  if (len >= expected) return runCurve(id, input, expected);
  const padded = scratch() + SCRATCH_INPUT;
  memory.copy(padded, input, len);
  memory.fill(padded + len, 0, expected - len);
  return runCurve(id, padded, expected);
}
