/** The stateless program: one block, executed from nothing but preimages. Fault proofs run this build. */
import { CONFIG } from "../block/config";
import { HEADER_SIZE, Header, decodeHeader, hashHeader, stateRootPtr } from "../block/header";
import { importBlock } from "../block/import";
import { HEADER } from "../block/open-block";
import { PREIMAGE_LENGTH, loadPreimage } from "../block/preimage";
import { RLP_STRUCTURES_ENCODING } from "../block/error";
import { reserve } from "../memory/heap";
import { openState } from "../state/base";
import { VALID, reject } from "../transaction/error";
import { initialiseKernel } from "./initialise";
import { loadConfiguredModel } from "./model";
import { putHeader, putRejection, takeConfig } from "./records";
import { answer, put, putBool, take, takeBool, takeU32, takeU64 } from "./wire";

export { ioInput, ioOutput } from "./wire";

/** Message: 16 bytes of seed for the keyed tables. Once, before anything else. */
export function initialise(length: u32): u32 {
  initialiseKernel(takeU64(), takeU64());
  return answer();
}

/**
 * Message: configuration, hash of the parent, whether ommers are rewarded, block RLP. The parent's header and
 * everything else come from preimages.
 *
 * Answer: validity, then the executed block's header and hash, or the broken rule.
 */
export function runProgram(length: u32): u32 {
  takeConfig();
  const parentHash = take(32);
  const ommerRewards = takeBool();
  const size = takeU32();
  const block = take(size);
  const error = run(parentHash, block, size, ommerRewards);
  if (error != VALID) {
    putRejection(error);
    return answer();
  }
  putBool(true);
  putHeader(HEADER);
  hashHeader(HEADER, put(32));
  return answer();
}

function run(parentHash: usize, block: usize, size: u32, ommerRewards: bool): u32 {
  if (CONFIG.inference && !loadConfiguredModel()) unreachable();
  // Preimages share one buffer, and the parent's extra data would point into it.
  const header = loadPreimage(parentHash);
  const rlp = reserve(PREIMAGE_LENGTH);
  memory.copy(rlp, header, PREIMAGE_LENGTH);
  const parent = changetype<Header>(reserve(HEADER_SIZE));
  if (decodeHeader(rlp, rlp + PREIMAGE_LENGTH, parent) == 0) return reject(RLP_STRUCTURES_ENCODING);
  openState(stateRootPtr(parent));
  return importBlock(block, size, parent, parentHash, ommerRewards);
}
