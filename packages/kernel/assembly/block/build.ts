/** A block being built: what it takes over from its parent, and how it is sealed. */
import { blockAlloc } from "../memory/arena";
import { CANCUN, LONDON, PARIS } from "../spec/forks";
import { baseCheckpoint, baseRevert } from "../state/base";
import { VALID } from "../transaction/error";
import { copy32, zero32 } from "../u256/word";
import { completeBlock, emptyOmmersHash, fieldsOf } from "./complete";
import { forkAt } from "./config";
import { nextBaseFee, nextExcessBlobGas } from "./fees";
import { HEADER_SIZE, Header, difficultyPtr, headerBaseFeePtr, ommersHashPtr, parentHashPtr } from "./header";
import { clearOmmers } from "./ommers";
import { HEADER, closeBlock } from "./open-block";

/**
 * Begins HEADER as a child of `parent`, with the prices that follow from it. Number and timestamp may differ from the
 * parent's successor in simulations.
 */
export function deriveHeader(parent: Header, parentHash: usize, number: u64, timestamp: u64, gasLimit: u64): void {
  const fork = forkAt(number, timestamp);
  memory.fill(changetype<usize>(HEADER), 0, HEADER_SIZE);
  copy32(parentHashPtr(HEADER), parentHash);
  emptyOmmersHash(ommersHashPtr(HEADER));
  HEADER.number = number;
  HEADER.timestamp = timestamp;
  HEADER.gasLimit = gasLimit;
  HEADER.present = fieldsOf(fork);
  if (fork < PARIS) copy32(difficultyPtr(HEADER), difficultyPtr(parent));
  else zero32(difficultyPtr(HEADER));
  if (fork >= LONDON) nextBaseFee(parent, headerBaseFeePtr(HEADER));
  if (fork >= CANCUN) HEADER.excessBlobGas = nextExcessBlobGas(parent, number, timestamp);
}

/** Copies the extra data into block memory. */
export function setExtraData(bytes: usize, length: u32): void {
  HEADER.extraData = blockAlloc(length);
  HEADER.extraDataLength = length;
  memory.copy(HEADER.extraData, bytes, length);
}

/** Completes HEADER and closes the block; on a broken rule the block stays open as it was. */
export function sealBlock(): u32 {
  clearOmmers();
  const mark = baseCheckpoint();
  const error = completeBlock(false);
  if (error == VALID) closeBlock();
  else baseRevert(mark);
  return error;
}
