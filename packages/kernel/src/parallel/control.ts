/**
 * The words that hosts use of the region through which instances over one memory work together, as offsets in 32-bit words
 * from its address (`assembly/parallel/control.ts`).
 */
export const JOB: number = 0;
export const ACTIVE: number = 128 / 4;
export const FAILED: number = 320 / 4;
export const REQUESTS: number = 384 / 4;
const MAILBOXES = 1024 / 4;
const MAILBOX_WORDS = 64 / 4;

/** A mailbox: state, what is asked for, arguments, answer. */
export const STATE = 0;
export const CALL = 1;
export const ARGUMENTS = 2;
export const ANSWER = 10;

export const IDLE = 0;
export const ASKED = 1;
export const ANSWERED = 2;

/** First word of a worker's mailbox. */
export const mailboxOf = (worker: number): number => MAILBOXES + worker * MAILBOX_WORDS;

/** Calls that a worker passes on to the owner's host, by number. A block number takes two arguments. */
export const CALLS = ["preimage", "node", "account", "slot", "blockHash", "compiledCode"] as const;

/** Milliseconds of rest while waiting for another thread that has lost its processor, perhaps. */
export const REST = 0.05;

/** The control region as words; it lies low in memory, so that the view holds when memory grows. */
export const controlWords = (memory: WebAssembly.Memory, control: number): Int32Array =>
  new Int32Array(memory.buffer, control, (MAILBOXES + 65 * MAILBOX_WORDS) | 0);

/** Every thread has a beginning of time of its own. */
const ORIGIN = performance.timeOrigin;

/** Microseconds modulo 2^32, the same in every thread. */
export const clock = (): number => ((ORIGIN + performance.now()) * 1000) | 0;
