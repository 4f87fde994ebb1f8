// Blocks commit on a thread of their own while threads read: every version must show one height everywhere. Runs compiled code,
// as nodes do; prints how many versions the threads checked.
import { Worker } from "node:worker_threads";
import { Database } from "../dist/index.js";

const BLOCKS = 400;
const KEYS = 60;
const RETAIN = 100;

const [directory] = process.argv.slice(2);
const hash = (number) => new Uint8Array(32).fill(number);
const value = (height) => Uint8Array.of(1, height >> 8, height & 255);

/** Every key has the same value in a version, named after its height. */
function change(height) {
  const keys = Array.from({ length: KEYS }, (_, key) => hash(key + 1));
  return {
    accounts: keys.map((key) => [key, value(height)]),
    slots: keys.map((key) => [hash(1), key, value(height)]),
    nodes: keys.map((_, index) => [hash(1), Uint8Array.of(index & 15, index >> 4), value(height)]),
    code: [],
  };
}

const READER = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { directory, keys, library } = workerData;
  const hash = (number) => new Uint8Array(32).fill(number);
  const read = (view, height) => {
    for (let key = 1; key <= keys; key++) {
      const expected = Buffer.from([1, height >> 8, height & 255]);
      const node = view.node(hash(1), Uint8Array.of((key - 1) & 15, (key - 1) >> 4));
      for (const found of [view.account(hash(key)), view.slot(hash(1), hash(key)), node])
        if (Buffer.compare(expected, found ?? Buffer.alloc(0)) !== 0) throw new Error("height " + height + " shows " + found);
    }
  };
  import(library).then(({ openReader }) => {
    const held = [];
    parentPort.on("message", (height) => {
      if (height < 0) {
        for (const [view, own] of held.splice(0)) { read(view, own); view.release(); }
        return parentPort.close();
      }
      const view = openReader(directory, BigInt(height));
      read(view, height);
      held.push([view, height]);
      if (held.length > 5) { const [old, own] = held.shift(); read(old, own); old.release(); }
      parentPort.postMessage(height);
    });
  });
`;

const library = new URL("../dist/index.js", import.meta.url).href;
let inThreads = 0;
let busy = 0;
const readers = [1, 2].map(() => {
  const worker = new Worker(READER, { eval: true, workerData: { directory, keys: KEYS, library } });
  worker.on("message", () => {
    inThreads++;
    busy--;
  });
  worker.on("error", (error) => {
    console.error(error);
    process.exit(1);
  });
  return worker;
});

const database = Database.open(directory, { retain: RETAIN, durability: "os" });
const held = [];
for (let height = 0; height < BLOCKS; height++) {
  database.append({ number: BigInt(height), root: hash(height & 255), change: change(height) });
  await database.durable();
  if (height % 10 === 9) await database.flush();
  const oldest = Number(database.horizon);
  const wanted = oldest + ((height * 7919) % (height - oldest + 1));
  const view = database.view(BigInt(wanted));
  held.push([view, wanted]);
  if (held.length > 20) {
    const [old, own] = held.shift();
    check(old, own);
    old.release();
  }
  // Threads read from the tables; a height near the horizon may be pruned before a thread has it.
  const flushed = height - (height % 10) - 1;
  if (flushed > oldest + 30 && busy < 8) {
    busy++;
    readers[height & 1].postMessage(Math.max(oldest + 30, flushed - (height % 40)));
  }
}
for (const [view, height] of held) {
  check(view, height);
  view.release();
}
const ended = readers.map((reader) => new Promise((resolve) => reader.once("exit", resolve)));
for (const reader of readers) reader.postMessage(-1);
await Promise.all(ended);
await database.prune();
const { horizon } = await database.stat();
await database.close();
console.log(JSON.stringify({ inThreads, horizon: Number(horizon) }));

function check(view, height) {
  for (let key = 1; key <= KEYS; key++) {
    const found = [view.account(hash(key)), view.slot(hash(1), hash(key))];
    if (found.some((bytes) => Buffer.compare(Buffer.from(value(height)), bytes ?? Buffer.alloc(0)) !== 0)) {
      throw new Error(`height ${height} shows ${found}`);
    }
  }
}
