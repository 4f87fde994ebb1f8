/**
 * The module that nodes use. Messages are exchanged as with the kernel (entry/wire.ts there): the host writes one where
 * `ioInput` says, calls an entry with its length, and reads the answer, of the length returned, at `ioOutput`.
 */
import { answer, takeTo } from "../../../kernel/assembly/entry/wire";
import { beginBlock, updateSystemConfig } from "../attributes/block-start";
import { putSystemConfig, takeSystemConfig } from "../attributes/system-config";
import { SYSTEM_CONFIG, takeConfig } from "../config";
import { initialiseDerivation } from "../initialise";
import { takeParent, takeSafeBlock } from "../pipeline/parent";
import { advance, deriveNext, dropChannel, resetPipeline } from "../pipeline/pipeline";

export { addFrames, decodeBatch, decodeFrames, nextChannelBatch, openChannelBytes } from "./parts";
export { ioInput, ioOutput } from "../../../kernel/assembly/entry/wire";

/** Once, before anything else. */
export function initialise(): void {
  initialiseDerivation();
}

/** Forgets all L1 blocks. */
export function reset(): void {
  resetPipeline();
}

/** Leaves out the rest of the channel: the last block was none. */
export function leaveChannel(): void {
  dropChannel();
}

/** Message: the next L1 block (number, hash, parent's hash, time), and the batcher's payloads in it. */
export function readL1Block(length: u32): void {
  advance();
}

/**
 * Message: configuration, the last safe block (number, hash, time, origin's number and hash). Answer: 0 when the next
 * L1 block has to tell; 1 and the block (time, origin's number and hash, transactions); 2 and the number of a safe
 * block that tellSafeBlock has to tell of; 3 when the L1 blocks are of another chain than the safe block.
 */
export function nextBlock(length: u32): u32 {
  takeConfig();
  takeParent();
  deriveNext();
  return answer();
}

/**
 * Message: number, whether it is known, hash, number of its origin, number of the sequencer's transactions, and those.
 */
export function tellSafeBlock(length: u32): void {
  takeSafeBlock();
}

/** Message: configuration, then that of `beginBlock`. Answer: gas limit, extra data, transactions. */
export function blockStart(length: u32): u32 {
  takeConfig();
  beginBlock();
  return answer();
}

/** Message: SystemConfig's address on L1, configuration, events of an L1 block. Answer: the configuration behind it. */
export function systemConfigAfter(length: u32): u32 {
  takeTo(SYSTEM_CONFIG, 20);
  takeSystemConfig();
  updateSystemConfig();
  putSystemConfig();
  return answer();
}
