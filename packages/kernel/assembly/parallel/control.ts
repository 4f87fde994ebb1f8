/**
 * The region through which instances over one memory work on a batch together: words that many write, each on a cache
 * line of its own, then what workers take over from the owner, the batch, the schedule, and a mailbox per worker through
 * which it asks the owner's host. `packages/kernel/src/parallel/control.ts` knows the words that hosts use.
 */
import { reserve } from "../memory/heap";

/** Counts what was opened for helpers to join; they sleep on it. */
export const JOB: usize = 0;
/** What may be joined: nothing, decoding, execution or hashing. */
export const PHASE: usize = 64;
/** Instances that have joined. */
export const ACTIVE: usize = 128;
export const STATE_LOCK: usize = 192;
export const SCHEDULE_LOCK: usize = 256;
/** Not 0: the batch was given up. */
export const FAILED: usize = 320;
/** Mailboxes that wait for the owner's host. */
export const REQUESTS: usize = 384;
/** Pieces of work of the open phase, other than execution, that were begun. */
export const BEGUN: usize = 448;
/** Not 0: a seed for delays (parallel/stress.ts). */
export const STRESS: usize = 480;
/** What workers take over (parallel/attach.ts). */
export const SHARED: usize = 512;
/** What the batch is (parallel/batch.ts). */
export const BATCH: usize = 640;
/** How far it is (parallel/schedule.ts). */
export const SCHEDULE: usize = 704;
/** All positions below are final. */
export const FRONTIER: usize = 768;
/** An instance is busy with the frontier. */
export const DECIDING: usize = 772;
/** Subtrees to be hashed: where they are listed, and how many (parallel/hash.ts). */
export const SUBTREES: usize = 832;
const MAILBOXES: usize = 1024;
const MAILBOX_SIZE: usize = 64;
/** In a mailbox, behind what hosts use: the chains of versions that the instance made (state/versions.ts). */
const VERSION_LIST: usize = 60;

export const CLOSED: u32 = 0;
export const DECODE: u32 = 1;
export const EXECUTE: u32 = 2;
export const HASH: u32 = 3;

let instances: u32 = 0;

/** Address of the region, 0 = this instance works alone. */
export let CONTROL: usize = 0;
/** Number of this instance; the owner's is 0. */
export let WORKER: u32 = 0;

/** Makes the region for `workers` instances besides the owner. */
export function reserveControl(workers: u32): void {
  CONTROL = reserve(MAILBOXES + <usize>(workers + 1) * MAILBOX_SIZE);
  instances = workers + 1;
}

/** Instances that may take part, the owner included. */
export function instanceCount(): u32 {
  return instances;
}

/** Word with the list of an instance's chains. */
export function versionListOf(worker: u32): usize {
  return CONTROL + MAILBOXES + <usize>worker * MAILBOX_SIZE + VERSION_LIST;
}

export function joinControl(control: usize, worker: u32): void {
  CONTROL = control;
  WORKER = worker;
}

/** Lets helpers join the owner in what is to be done now. */
export function openPhase(phase: u32): void {
  atomic.store<u32>(CONTROL + PHASE, phase);
  atomic.add<u32>(CONTROL + JOB, 1);
  atomic.notify(CONTROL + JOB, -1);
}
