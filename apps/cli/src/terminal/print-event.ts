/** One event for machines: a line of JSON on standard output. */
export const printEvent = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
