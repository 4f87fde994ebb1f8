/** Exported functions that need no state: transactions and headers to records and back, hashes; as entry/node.ts. */
import { HEADER_SIZE, Header, decodeHeader } from "../block/header";
import { keccak256 } from "../crypto/keccak";
import { reserve } from "../memory/heap";
import { FRONTIER, OSAKA } from "../spec/forks";
import { beginTransaction, discardTransaction } from "../state/transaction";
import { DECODED, decodeTransaction } from "../transaction/decode";
import { INVALID_SIGNATURE, VALID, reject } from "../transaction/error";
import { floorGas, intrinsicGas } from "../transaction/gas";
import { recoverSender } from "../transaction/signature";
import { LEGACY } from "../transaction/transaction";
import { checkContents, checkSigned } from "../transaction/validity";
import { putHeader, putHeaderRlp, putRejection, putTransaction, takeHeader } from "./records";
import { answer, put, putBool, putU64, take, takeBool, takeU32 } from "./wire";

let decoded: Header = changetype<Header>(0);

export function initDecoding(): void {
  decoded = changetype<Header>(reserve(HEADER_SIZE));
}

/** Message: whether to apply the rules of a fork, the fork, the encoded transaction. */
export function decode(length: u32): u32 {
  const check = takeBool();
  const fork = takeU32();
  const size = takeU32();
  const raw = take(size);
  beginTransaction();
  const error = decodeAndCheck(raw, size, check, fork);
  if (error != VALID) {
    putRejection(error);
  } else {
    putBool(true);
    putTransaction(DECODED);
    if (check) {
      putU64(intrinsicGas(DECODED, fork));
      putU64(floorGas(DECODED, fork));
    }
  }
  discardTransaction();
  return answer();
}

/** Decodes and recovers by what any fork accepts. @returns VALID, or the broken rule's code */
export function decodeAndRecover(raw: usize, size: u32): u32 {
  return decodeAndCheck(raw, size, false, 0);
}

function decodeAndCheck(raw: usize, size: u32, check: bool, fork: u32): u32 {
  let error = decodeTransaction(raw, size);
  if (error != VALID) return error;
  if (check) {
    error = checkSigned(DECODED, fork);
    if (error == VALID) error = checkContents(DECODED, fork);
    if (error != VALID) return error;
  }
  // Without a fork to go by, only what no fork ever accepted is refused: high s was valid in Frontier.
  const rules = check ? fork : DECODED.type == LEGACY && !DECODED.hasChainId ? FRONTIER : OSAKA;
  return recoverSender(DECODED, rules) ? VALID : reject(INVALID_SIGNATURE);
}

export function headerDecode(length: u32): u32 {
  const size = takeU32();
  const rlp = take(size);
  const valid = size > 0 && decodeHeader(rlp, rlp + size, decoded) == rlp + size;
  putBool(valid);
  if (valid) putHeader(decoded);
  return answer();
}

export function headerEncode(length: u32): u32 {
  takeHeader(decoded);
  putHeaderRlp(decoded);
  return answer();
}

export function keccak(length: u32): u32 {
  const size = takeU32();
  keccak256(take(size), size, put(32));
  return answer();
}
