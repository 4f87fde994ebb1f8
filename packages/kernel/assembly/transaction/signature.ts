/** Signers of transactions and of EIP-7702 authorizations: signing hashes and public-key recovery. */
import { keccak256 } from "../crypto/keccak";
import {
  bytesSize, listSize, u256Size, u64Size, writeBytes, writeListHeader, writeU256, writeU64,
} from "../encoding/rlp";
import { txAlloc } from "../memory/arena";
import { reserve } from "../memory/heap";
import { SHARING } from "../memory/sharing";
import { curve } from "../precompiles/host";
import { ID_ECRECOVER } from "../precompiles/table";
import { HOMESTEAD, SPURIOUS_DRAGON } from "../spec/forks";
import { less } from "../u256/add";
import { copyAddress, isZero32, storeBE } from "../u256/word";
import { rememberSender } from "./known";
import {
  Authorization, DEPOSIT, LEGACY, RECOVERY_DONE, RECOVERY_FAILED, RECOVERY_PENDING, Transaction, authorityPtr,
  authorizationAddressPtr, authorizationChainIdPtr, authorizationRPtr, authorizationSPtr, fromPtr, rPtr, sPtr,
} from "./transaction";

/** Half the order of secp256k1, rounded down: the greatest s of EIP-2. */
const HALF_ORDER = memory.data<u64>([0xdfe92f46681b20a0, 0x5d576e7357a4501d, 0xffffffffffffffff, 0x7fffffffffffffff]);

/** EIP-7702: the byte before the RLP that an authority signs. */
const AUTHORIZATION_MAGIC: u8 = 0x05;

const CURVE_INPUT: u32 = 128;
const PUBLIC_KEY: u32 = 64;

let scratch: usize = 0;

/** Reserves working memory. Once per instance. */
export function initSignatures(): void {
  scratch = reserve(CURVE_INPUT + PUBLIC_KEY);
}

/**
 * Recovers the sender into the record.
 *
 * @param fork decides between the rules before EIP-2 and EIP-155 and after them
 * @returns false when the signature is not valid under the fork's rules
 */
export function recoverSender(tx: Transaction, fork: u32): bool {
  if (tx.type == DEPOSIT) return true;
  if (tx.yParity > 1) return false;
  if (tx.type == LEGACY && tx.hasChainId && fork < SPURIOUS_DRAGON) return false;
  if (fork >= HOMESTEAD && less(HALF_ORDER, sPtr(tx))) return false;
  if (tx.isSenderKnown) return true;
  hashForSigning(tx, scratch);
  if (!recover(tx.yParity, rPtr(tx), sPtr(tx), fromPtr(tx))) return false;
  if (!GUEST && !SHARING) rememberSender(tx);
  return true;
}

/** Recovers the authority once; false when the signature does not recover under EIP-7702. */
export function recoverAuthority(authorization: Authorization): bool {
  if (authorization.recovery == RECOVERY_PENDING) {
    hashAuthorization(authorization, scratch);
    const parity = authorization.yParity;
    const r = authorizationRPtr(authorization);
    const s = authorizationSPtr(authorization);
    const valid = parity <= 1 && !less(HALF_ORDER, s) && recover(parity, r, s, authorityPtr(authorization));
    authorization.recovery = valid ? RECOVERY_DONE : RECOVERY_FAILED;
  }
  return authorization.recovery == RECOVERY_DONE;
}

/**
 * Recovers from the hash in `scratch`; the address goes to 24 bytes at `out`. The curve checks that r and s are in
 * range.
 */
function recover(yParity: u32, r: usize, s: usize, out: usize): bool {
  if (isZero32(r) || isZero32(s)) return false;
  memory.fill(scratch + 32, 0, 32);
  store<u8>(scratch + 63, <u8>(27 + yParity));
  storeBE(scratch + 64, r);
  storeBE(scratch + 96, s);
  const result = scratch + CURVE_INPUT;
  // A bad signature is answered with no output.
  if (curve(ID_ECRECOVER, scratch, CURVE_INPUT, result, PUBLIC_KEY) != PUBLIC_KEY) return false;
  keccak256(result, PUBLIC_KEY, result);
  copyAddress(out, result + 12);
  store<u32>(out, 0, 20);
  return true;
}

function hashForSigning(tx: Transaction, out: usize): void {
  const replayProtected = tx.type == LEGACY && tx.hasChainId;
  const payload = tx.signedFieldsLength + (replayProtected ? u64Size(tx.chainId) + 2 : 0);
  const buffer = txAlloc(<usize>listSize(payload) + 1);
  let at = buffer;
  if (tx.type != LEGACY) store<u8>(at++, <u8>tx.type);
  at = writeListHeader(at, payload);
  memory.copy(at, tx.signedFields, tx.signedFieldsLength);
  at += tx.signedFieldsLength;
  if (replayProtected) {
    at = writeU64(at, tx.chainId);
    at = writeU64(at, 0);
    at = writeU64(at, 0);
  }
  keccak256(buffer, at - buffer, out);
}

function hashAuthorization(authorization: Authorization, out: usize): void {
  const chainId = authorizationChainIdPtr(authorization);
  const address = authorizationAddressPtr(authorization);
  const payload = u256Size(chainId) + bytesSize(address, 20) + u64Size(authorization.nonce);
  const buffer = txAlloc(<usize>listSize(payload) + 1);
  store<u8>(buffer, AUTHORIZATION_MAGIC);
  let at = writeListHeader(buffer + 1, payload);
  at = writeU256(at, chainId);
  at = writeBytes(at, address, 20);
  at = writeU64(at, authorization.nonce);
  keccak256(buffer, at - buffer, out);
}
