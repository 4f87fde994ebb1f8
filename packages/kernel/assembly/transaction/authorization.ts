/** EIP-7702: accounts that delegate their code by a signed authorization. */
import { CONFIG } from "../block/config";
import { codeLength, delegationTarget, DELEGATION_LENGTH } from "../evm/code";
import { reserve } from "../memory/heap";
import { Account, account, accountExists, codeOf, setCode, setNonce, warmAccount } from "../state/account";
import { addRefund } from "../state/journal";
import { fits64, isZero32 } from "../u256/word";
import { AUTHORIZATION_REFUND } from "./gas";
import { recoverAuthority } from "./signature";
import {
  Authorization,
  Transaction,
  authorityPtr,
  authorizationAddressPtr,
  authorizationAt,
  authorizationChainIdPtr,
} from "./transaction";

const MAX_NONCE: u64 = -1;
/** 0xef0100 as the low bytes of a little-endian integer. */
const DELEGATION_PREFIX: u32 = 0x0001ef;

let designator: usize = 0;

/** Reserves working memory. Once per instance. */
export function initAuthorizations(): void {
  designator = reserve(32);
}

/** Applies the tuples in order; one that is not valid is passed over and costs what it cost. */
export function applyAuthorizations(tx: Transaction): void {
  for (let i: u32 = 0; i < tx.authorizationCount; i++) applyAuthorization(authorizationAt(tx, i));
}

function applyAuthorization(authorization: Authorization): void {
  const chainId = authorizationChainIdPtr(authorization);
  if (!isZero32(chainId) && !(fits64(chainId) && load<u64>(chainId) == CONFIG.chainId)) return;
  if (authorization.nonce == MAX_NONCE || !recoverAuthority(authorization)) return;
  const authority = account(authorityPtr(authorization));
  warmAccount(authority);
  const code = codeOf(authority);
  if (codeLength(code) != 0 && delegationTarget(code) == 0) return;
  if (authority.nonce != authorization.nonce) return;
  if (accountExists(authority)) addRefund(AUTHORIZATION_REFUND);
  delegate(authority, authorizationAddressPtr(authorization));
  setNonce(authority, authorization.nonce + 1);
}

/** The zero address takes the delegation back. */
function delegate(authority: Account, target: usize): void {
  if ((load<u64>(target) | load<u64>(target, 8) | load<u32>(target, 16)) == 0) {
    setCode(authority, 0, 0);
    return;
  }
  store<u32>(designator, DELEGATION_PREFIX);
  memory.copy(designator + 3, target, 20);
  setCode(authority, designator, DELEGATION_LENGTH);
}
