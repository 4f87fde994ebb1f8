import { median, ownCpu } from "./measure.ts";

const PAGE_BYTES = 65_536;
const WORD_BYTES = 4;
const STEPS = 400_000;

/**
 * Nanoseconds of CPU of a load whose address the load before brought, from records in no order: what one miss of the
 * processor's caches costs on this machine now, in memory such as the kernel has.
 *
 * @param records how many, of `recordBytes` each
 */
export function pointerChase(records: number, recordBytes: number, rounds: number): number {
  const pages = Math.ceil((records * recordBytes) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const words = new Int32Array(memory.buffer);
  const stride = recordBytes / WORD_BYTES;
  const next = oneCycle(records);
  for (let record = 0; record < records; record++) words[record * stride] = next[record]! * stride;
  let at = 0;
  const figures: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const before = ownCpu();
    for (let step = 0; step < STEPS; step++) at = words[at]!;
    // The first round is for the compiler; a look at the end keeps the loop.
    if (round > 0 && at >= 0) figures.push(((ownCpu() - before) * 1e6) / STEPS);
  }
  return median(figures);
}

/** A random permutation that is one cycle (Sattolo). */
function oneCycle(length: number): Uint32Array {
  const order = new Uint32Array(length).map((_, index) => index);
  let state = 0x9e3779b9;
  for (let last = length - 1; last > 0; last--) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const other = (state >>> 0) % last;
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
