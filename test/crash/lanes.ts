import { availableParallelism } from "node:os";

/** Nodes wait for the disk and for each other's answers: a core has time for two. */
const LANES_PER_CORE = 2;
/** How much is done at the same time. */
export const LANES: number = LANES_PER_CORE * availableParallelism();

/** Does the work for every item in order, of which a few run at the same time; the first failure ends all that have not begun. */
export async function sideBySide<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = [...items.entries()];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, item] = next;
      await work(item, index).catch((error: unknown) => {
        queue.length = 0;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(items.length, LANES) }, lane));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
