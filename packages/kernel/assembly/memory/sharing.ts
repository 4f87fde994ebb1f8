/**
 * Several instances over one memory. While a batch of transactions runs, instances on other threads read the same state
 * as the one that owns it; what they add to it (records, code and its analysis) they add under one lock. All other
 * memory has one user.
 */

/** Serves what other threads ask of this one's host, or rests; throws when the batch was given up. */
// @ts-ignore: decorator
@external("host", "rest")
declare function hostRest(): void;

/** Gives the batch up: never returns. */
// @ts-ignore: decorator
@external("host", "abandon")
declare function hostAbandon(): void;

/** Waiting looks at the host this often when nobody calls for attention. */
const PATIENCE: u32 = 4096;

/** Whether other instances use the state at this moment. */
export let SHARING: bool = false;
let stateLock: usize = 0;
let attention: usize = 0;
let waited: u32 = 0;

/** From here on other instances use the state. `lock`: a word for all; `call`: a word that is not 0 when this one's host is wanted. */
export function beginSharing(lock: usize, call: usize): void {
  stateLock = lock;
  attention = call;
  SHARING = true;
}

export function endSharing(): void {
  SHARING = false;
}

/** Begins a change of the state that all instances see. Not to be nested. */
// @ts-ignore: decorator
@inline
export function lockState(): void {
  if (!GUEST && SHARING) acquire(stateLock);
}

// @ts-ignore: decorator
@inline
export function unlockState(): void {
  if (!GUEST && SHARING) release(stateLock);
}

export function acquire(lock: usize): void {
  if (!GUEST) {
    while (atomic.cmpxchg<u32>(lock, 0, 1) != 0) pause();
  }
}

export function release(lock: usize): void {
  if (!GUEST) atomic.store<u32>(lock, 0);
}

/** One round of waiting for another instance. */
export function pause(): void {
  if (!GUEST) {
    if (atomic.load<u32>(attention) == 0 && ++waited % PATIENCE != 0) return;
    hostRest();
  }
}

/** Between two pieces of work: serves the others, if somebody calls. */
// @ts-ignore: decorator
@inline
export function attend(): void {
  if (!GUEST && atomic.load<u32>(attention) != 0) hostRest();
}

/** Ends the batch without a result: it has to run serially. */
export function abandon(): void {
  if (!GUEST) hostAbandon();
}
