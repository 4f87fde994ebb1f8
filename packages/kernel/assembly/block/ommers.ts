/** Proof-of-work era: ommers and rewards. Seals are not checked. */
import { keccak256 } from "../crypto/keccak";
import { reserve } from "../memory/heap";
import { txAlloc } from "../memory/arena";
import { BYZANTIUM, CONSTANTINOPLE } from "../spec/forks";
import { account, addBalance } from "../state/account";
import { beginTransaction } from "../state/transaction";
import { VALID, reject } from "../transaction/error";
import { finishTransaction } from "../transaction/execute";
import { eq32, set64 } from "../u256/word";
import { INVALID_OMMER, INVALID_OMMERS_HASH, RLP_STRUCTURES_ENCODING, TOO_MANY_OMMERS } from "./error";
import { HEADER_SIZE, Header, decodeHeader, headerCoinbasePtr, ommersHashPtr } from "./header";
import { ENV, coinbasePtr } from "../evm/environment";

const MAX_OMMERS: u32 = 2;
/** An ommer is at most this many generations older than the block. */
const MAX_DEPTH: u64 = 6;

const ETHER: u64 = 1_000_000_000_000_000_000;
const REWARD: u64 = 5 * ETHER;
/** EIP-649. */
const REWARD_BYZANTIUM: u64 = 3 * ETHER;
/** EIP-1234. */
const REWARD_CONSTANTINOPLE: u64 = 2 * ETHER;

let ommers: usize = 0;
let count: u32 = 0;

/** Reserves the headers. Once per instance. */
export function initOmmers(): void {
  ommers = reserve(<usize>MAX_OMMERS * HEADER_SIZE);
}

export function clearOmmers(): void {
  count = 0;
}

// @ts-ignore: decorator
@inline
function ommerAt(index: u32): Header {
  return changetype<Header>(ommers + <usize>index * HEADER_SIZE);
}

/**
 * Decodes and checks the body's ommers.
 *
 * @param list the whole encoded list, up to `end`; its items begin at `at`
 */
export function readOmmers(list: usize, at: usize, end: usize, header: Header): u32 {
  const hash = txAlloc(32);
  keccak256(list, end - list, hash);
  if (!eq32(hash, ommersHashPtr(header))) return reject(INVALID_OMMERS_HASH);
  count = 0;
  while (at < end) {
    if (count == MAX_OMMERS) return reject(TOO_MANY_OMMERS, MAX_OMMERS + 1, MAX_OMMERS);
    const ommer = ommerAt(count++);
    at = decodeHeader(at, end, ommer);
    if (at == 0) return reject(RLP_STRUCTURES_ENCODING);
    if (ommer.number >= header.number || header.number - ommer.number > MAX_DEPTH) return reject(INVALID_OMMER);
  }
  return VALID;
}

/** Pays the block's beneficiary and, unless `withOmmers` is false, those of its ommers. */
export function payRewards(header: Header, withOmmers: bool): void {
  const reward = ENV.fork >= CONSTANTINOPLE ? REWARD_CONSTANTINOPLE : ENV.fork >= BYZANTIUM ? REWARD_BYZANTIUM : REWARD;
  const rewarded: u32 = withOmmers ? count : 0;
  beginTransaction();
  const amount = txAlloc(32);
  set64(amount, reward + (reward / 32) * rewarded);
  addBalance(account(coinbasePtr()), amount);
  for (let i: u32 = 0; i < rewarded; i++) {
    const ommer = ommerAt(i);
    set64(amount, (reward / 8) * (8 + ommer.number - header.number));
    addBalance(account(headerCoinbasePtr(ommer)), amount);
  }
  finishTransaction();
}
