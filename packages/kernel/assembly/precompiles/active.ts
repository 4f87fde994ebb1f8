import { ENV } from "../evm/environment";
import { SCRATCH_MOVES, scratch } from "./scratch";
import { precompileSet, standardId } from "./table";

const MOVE_SIZE: u32 = 24;
const MOVE_ID: u32 = 20;

// The set of precompiles of the environment last seen, bit i for id i.
let standard: u32 = 0;
let standardFork: u32 = u32.MAX_VALUE;
let standardFeatures: u64 = 0;
// Precompiles that have left their standard address; each can do so once, which bounds the moves.
let movedAway: u32 = 0;
let moveCount: u32 = 0;

/** Id of the precompile at the 20-byte `address` under the environment's fork and features, 0 when there is none. */
export function precompileId(address: usize): u32 {
  if (moveCount != 0) {
    const id = movedId(address);
    if (id != 0) return id;
  }
  const id = standardId(address);
  if (id == 0) return 0;
  return (activeSet() >> id) & 1 ? id : 0;
}

/**
 * eth_simulateV1 `movePrecompileToAddress`: `to` runs the precompile of `from`, which becomes an ordinary account.
 *
 * @returns false when there is no precompile at `from`
 */
export function setPrecompileMove(from: usize, to: usize): bool {
  const id = standardId(from);
  if (id == 0 || ((activeSet() >> id) & 1) == 0) return false;
  const move = moveAt(moveCount);
  memory.copy(move, to, 20);
  store<u32>(move, id, MOVE_ID);
  movedAway |= (1 as u32) << id;
  moveCount++;
  return true;
}

/** Puts every precompile back at its standard address. */
export function clearPrecompileMoves(): void {
  movedAway = 0;
  moveCount = 0;
}

/** Whether a precompile of the fork stands at `address` when none is moved: EIP-2929 makes these addresses warm. */
export function isStandardPrecompile(address: usize): bool {
  const id = standardId(address);
  if (id == 0) return false;
  activeSet();
  return ((standard >> id) & 1) != 0;
}

function activeSet(): u32 {
  if (standardFork != ENV.fork || standardFeatures != ENV.features) {
    standardFork = ENV.fork;
    standardFeatures = ENV.features;
    standard = precompileSet(standardFork, standardFeatures);
  }
  return standard & ~movedAway;
}

function movedId(address: usize): u32 {
  for (let i: u32 = 0; i < moveCount; i++) {
    const move = moveAt(i);
    if (memory.compare(move, address, 20) == 0) return load<u32>(move, MOVE_ID);
  }
  return 0;
}

function moveAt(index: u32): usize {
  return scratch() + SCRATCH_MOVES + index * MOVE_SIZE;
}
