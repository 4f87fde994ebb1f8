/**
 * What a call computed, for whoever wants to compare (docs/spec/inference.md, "Evidence"). For every layer a chain of hashes
 * over its results, position by position: two runs that differ show in which layer they first did.
 */
import { keccak256 } from "../crypto/keccak";
import { reserve } from "../memory/heap";
import { MAX_DIM, MAX_LAYERS } from "./model";

let recording: bool = false;
let passes: u32 = 0;
/** 32 bytes per layer. */
let chains: usize = 0;
/** Link, position, result: what is hashed. */
let message: usize = 0;

/** Begins to record; until `endEvidence` nothing is answered from memory, neither results nor keys and values. */
export function beginEvidence(): void {
  if (chains == 0) {
    chains = reserve(MAX_LAYERS * 32);
    message = reserve(36 + (MAX_DIM << 2));
  }
  memory.fill(chains, 0, MAX_LAYERS * 32);
  passes = 0;
  recording = true;
}

export function endEvidence(): void {
  recording = false;
}

// @ts-ignore: decorator
@inline
export function isRecording(): bool {
  return recording;
}

/** Adds the residual (i32 [dim]) behind `layer` at `position` to the layer's chain. */
export function recordLayer(layer: u32, position: u32, residual: usize, dim: u32): void {
  const link = chains + <usize>layer * 32;
  memory.copy(message, link, 32);
  store<u32>(message, position, 32);
  memory.copy(message + 36, residual, <usize>dim << 2);
  keccak256(message, 36 + (dim << 2), link);
  passes++;
}

/** Makes the hash of the `length` bytes at `results`, which a layer of a network gives, the chain of that layer. */
export function recordNetworkLayer(layer: u32, results: usize, length: u32): void {
  keccak256(results, length, chains + <usize>layer * 32);
  passes++;
}

/** Results recorded; with none there are no chains. */
export function evidencePasses(): u32 {
  return passes;
}

/** The chain of each layer, 32 bytes each. */
export function evidenceChains(): usize {
  return chains;
}
