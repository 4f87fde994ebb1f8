let waiting: (() => void)[] = [];

/**
 * Runs `work`, which must not throw, once every request that arrived in this turn of the event loop is handled. Answers
 * that leave together wake the other side once, and a wake-up costs more than handling a small request.
 */
export const atEndOfTurn = (work: () => void): void => {
  if (waiting.push(work) === 1) setImmediate(runAll);
};

const runAll = (): void => {
  const works = waiting;
  waiting = [];
  for (const work of works) work();
};
