/** Events of an L1 block, one after the other from a message. */
import { take, takeU32 } from "../../../kernel/assembly/entry/wire";

/** Of the event taken last. Topics are 32 bytes each. */
export let ADDRESS: usize = 0;
export let TOPICS: usize = 0;
let TOPIC_COUNT: u32 = 0;
export let DATA: usize = 0;
export let DATA_LENGTH: u32 = 0;
/** Position in the block. */
export let INDEX: u32 = 0;

const WORD: u32 = 32;
/** Where the only parameter of an event, and then its length, are told. */
const HEAD: u32 = 2 * WORD;

/** Message: address, topics, data, index. */
export function takeLog(): void {
  ADDRESS = take(20);
  TOPIC_COUNT = takeU32();
  TOPICS = take(TOPIC_COUNT * WORD);
  DATA_LENGTH = takeU32();
  DATA = take(DATA_LENGTH);
  INDEX = takeU32();
}

export function isFrom(contract: usize): bool {
  return memory.compare(ADDRESS, contract, 20) == 0;
}

export function topicAt(index: u32): usize {
  return TOPICS + index * WORD;
}

export function isEvent(signature: usize, topics: u32): bool {
  return TOPIC_COUNT == topics && memory.compare(TOPICS, signature, WORD) == 0;
}

/** Whether a word is a number below 2^64; it is in NUMBER. */
export let NUMBER: u64 = 0;

export function isU64(word: usize): bool {
  NUMBER = bswap<u64>(load<u64>(word, 24));
  return (load<u64>(word) | load<u64>(word, 8) | load<u64>(word, 16)) == 0;
}

/** What the event carries. */
export let PAYLOAD: usize = 0;

/**
 * Length of the `bytes` that are the only parameter, and then in PAYLOAD; -1 when the data is anything else but them,
 * padded.
 */
export function payloadLength(): i64 {
  if (DATA_LENGTH < HEAD || DATA_LENGTH % WORD != 0) return -1;
  if (!isU64(DATA) || NUMBER != WORD || !isU64(DATA + WORD)) return -1;
  PAYLOAD = DATA + HEAD;
  const room = <u64>(DATA_LENGTH - HEAD);
  return NUMBER <= room && NUMBER + WORD > room ? <i64>NUMBER : -1;
}
