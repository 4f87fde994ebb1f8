/** Strict canonical RLP. Decoding: readItem sets ITEM, ITEM_LENGTH, ITEM_IS_LIST and returns the address after the item, or 0 when malformed. */
export let ITEM: usize = 0;
export let ITEM_LENGTH: u32 = 0;
export let ITEM_IS_LIST: bool = false;
export function readItem(at: usize, end: usize): usize { unreachable(); }
/** A byte string; 0 when it is a list or malformed. */
export function readBytes(at: usize, end: usize): usize { unreachable(); }
/** A list: ITEM..ITEM+ITEM_LENGTH is its payload. */
export function readList(at: usize, end: usize): usize { unreachable(); }
/** Integer without leading zeros, at most 8 bytes; value in ITEM_U64. */
export let ITEM_U64: u64 = 0;
export function readU64(at: usize, end: usize): usize { unreachable(); }
/** Integer without leading zeros, at most 32 bytes, stored as u256 limbs at out. */
export function readU256(at: usize, end: usize, out: usize): usize { unreachable(); }
/** Byte string of exactly `length` bytes copied to out (address 20, hash 32). */
export function readFixed(at: usize, end: usize, length: u32, out: usize): usize { unreachable(); }
/** Writers return the address after what they wrote. */
export function writeBytes(at: usize, bytes: usize, length: u32): usize { unreachable(); }
export function writeU64(at: usize, value: u64): usize { unreachable(); }
export function writeU256(at: usize, value: usize): usize { unreachable(); }
export function writeListHeader(at: usize, payloadLength: u32): usize { unreachable(); }
/** Encoded sizes, to know a list's payload length before writing it. */
export function bytesSize(bytes: usize, length: u32): u32 { unreachable(); }
export function u64Size(value: u64): u32 { unreachable(); }
export function u256Size(value: usize): u32 { unreachable(); }
export function headerSize(payloadLength: u32): u32 { unreachable(); }
