/** Addresses of created contracts. */
import { keccak256 } from "../crypto/keccak";
import { reserve } from "../memory/heap";
import { storeBE } from "../u256/word";

const PREIMAGE_SIZE: usize = 128;
let preimage: usize = 0;

// @ts-ignore: decorator
@inline
function buffer(): usize {
  if (preimage == 0) preimage = reserve(PREIMAGE_SIZE);
  return preimage;
}

/** keccak(rlp([creator, nonce])) without its first 12 bytes, into the 24-byte buffer `address`. */
export function createAddress(creator: usize, nonce: u64, address: usize): void {
  const at = buffer();
  const nonceBytes = <u32>(71 - <u32>clz<u64>(nonce)) >> 3;
  const nonceItem: u32 = nonce < 0x80 ? 1 : 1 + nonceBytes;
  store<u8>(at, <u8>(0xc0 + 21 + nonceItem));
  store<u8>(at, 0x94, 1);
  memory.copy(at + 2, creator, 20);
  if (nonce == 0) {
    store<u8>(at, 0x80, 22);
  } else if (nonce < 0x80) {
    store<u8>(at, <u8>nonce, 22);
  } else {
    store<u8>(at, <u8>(0x80 + nonceBytes), 22);
    store<u64>(at, bswap<u64>(nonce << ((8 - <u64>nonceBytes) << 3)), 23);
  }
  hashToAddress(at, 22 + nonceItem, address);
}

/** EIP-1014: keccak(0xff ‖ creator ‖ salt ‖ keccak(init)); `salt` is a word. */
export function createAddress2(creator: usize, salt: usize, init: usize, length: u32, address: usize): void {
  const at = buffer();
  store<u8>(at, 0xff);
  memory.copy(at + 1, creator, 20);
  storeBE(at + 21, salt);
  keccak256(init, length, at + 53);
  hashToAddress(at, 85, address);
}

function hashToAddress(bytes: usize, length: u32, address: usize): void {
  keccak256(bytes, length, bytes);
  memory.copy(address, bytes + 12, 20);
  store<u32>(address, 0, 20);
}
