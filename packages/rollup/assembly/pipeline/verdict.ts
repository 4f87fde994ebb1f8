/**
 * What becomes of a batch. Nothing is put off: blocks come in order. A batch that is dropped takes the rest of its
 * channel with it (Holocene); one that is passed over does not.
 */
export const ACCEPT: u32 = 0;
export const PASS: u32 = 1;
export const DROP: u32 = 2;
/** The host has to tell of a safe block first: WANTED. */
export const WAIT: u32 = 3;
