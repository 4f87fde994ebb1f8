/** Hears how much of a long piece of work is done, from 0 to 1; it never goes back. */
export type OnProgress = (done: number) => void;

/** How far a walk over all accounts is: it goes in the order of the hashes, which are spread evenly. */
export function walked(accountHash: Uint8Array): number {
  return Buffer.from(accountHash.buffer, accountHash.byteOffset, 4).readUInt32BE(0) / 2 ** 32;
}
