// Fills a database, says so, and writes blocks until it is killed: `node db-victim.js <directory> <accounts>`.
import { appendBlock, fill, openState } from "./db-state.ts";
import { addressOf } from "./trie.ts";

const CACHE_BYTES = 2 ** 31;
const CHANGED = 1000;

const [directory, accounts] = process.argv.slice(2);
const state = await openState(directory!, CACHE_BYTES);
await fill(state, Number(accounts));
console.log("filled");
for (let block = 0n; ; block++) {
  for (let index = 0; index < CHANGED; index++) state.kernel.override(addressOf(index * 7), { nonce: block + 2n });
  appendBlock(state);
  await state.database.durable();
  await state.database.backpressure();
}
