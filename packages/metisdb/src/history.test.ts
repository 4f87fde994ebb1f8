import { expect, test } from "vitest";
import { Database } from "./database.ts";
import { fingerprintOf } from "./history-index.ts";
import { ACCOUNTS, ModelState } from "./test-state.ts";

const BLOCKS = 9000;

function key(number: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, Math.imul(number, 0x9e3779b1));
  new DataView(bytes.buffer).setUint32(28, number);
  return bytes;
}

/** Two keys that the index cannot tell apart. */
function sharedFingerprint(): [Uint8Array, Uint8Array] {
  const seen = new Map<number, number>();
  for (let number = 1; ; number++) {
    const fingerprint = fingerprintOf(0, key(number));
    const other = seen.get(fingerprint);
    if (other !== undefined) return [key(other), key(number)];
    seen.set(fingerprint, number);
  }
}

function valueIn(block: number): Uint8Array {
  return Uint8Array.of(1, block >> 8, block & 255);
}

/** Per key, the blocks that change it. */
const [LEFT, RIGHT] = sharedFingerprint();
const CHANGED: readonly (readonly [Uint8Array, (block: number) => boolean])[] = [
  [key(1), () => true],
  [key(2), (block) => block % 17 === 3],
  [key(3), (block) => block === 4100],
  [key(4), (block) => block % 4096 === 0],
  [LEFT, (block) => block % 300 === 0],
  [RIGHT, (block) => block === 5000 || block === 8999],
];

async function filled(): Promise<Database> {
  const database = Database.temporary({ retain: "all" });
  for (let block = 0; block <= BLOCKS; block++) {
    const changed = CHANGED.filter(([, changes]) => changes(block));
    const accounts = changed.map(([hash]) => [hash, valueIn(block)] as const);
    const change = { accounts, slots: [], nodes: [], code: [] };
    database.append({ number: BigInt(block), root: key(block), change });
  }
  await database.flush();
  return database;
}

function checkHeight(database: Database, height: number): void {
  const view = database.view(BigInt(height));
  for (const [index, [hash, changes]] of CHANGED.entries()) {
    let last = height;
    while (last >= 0 && !changes(last)) last--;
    const found = view.account(hash);
    expect(found && Buffer.from(found), `key ${index} at ${height}`).toEqual(
      last < 0 ? undefined : Buffer.from(valueIn(last)),
    );
  }
  view.release();
}

test("the index finds the value of every height, also of keys that it cannot tell apart", async () => {
  const database = await filled();
  const heights = [0, 1, 15, 16, 17, 255, 256, 299, 300, 4095, 4096, 4097, 4099, 4100, 4999, 5000, 8192, 8998, BLOCKS];
  for (const height of heights) checkHeight(database, height);
  for (let height = 7; height < BLOCKS; height += 211) checkHeight(database, height);

  database.rollback(8200n);
  await database.flush();
  for (const height of [1, 4098, 8191, 8192, 8200]) checkHeight(database, height);

  await database.prune(4090n);
  for (const height of [4090, 4095, 4096, 4100, 8200]) checkHeight(database, height);
  expect(() => database.view(4089n)).toThrow(expect.objectContaining({ code: "HEIGHT_PRUNED" }));
  await database.close();
}, 60_000);

test("tries of old heights are whole after hundreds of blocks of insertions and removals", async () => {
  const database = Database.temporary({ retain: "all" });
  const versions: ModelState[] = [];
  let state = new ModelState();
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  for (let block = 0; block < 300; block++) {
    const accounts = new Set([random(ACCOUNTS), random(ACCOUNTS)]);
    const edits = [...accounts].map((account) => {
      const slots: [number, number][] = [[random(8), random(3)]];
      return { account, nonce: 1 + random(99), remove: random(5) === 0, wipe: random(9) === 0, slots };
    });
    const { next, change } = state.edit(edits);
    database.append({ number: BigInt(block), root: next.root, change });
    versions.push(next);
    state = next;
    if (block % 64 === 0) await database.flush();
  }
  await database.flush();
  for (const [height, version] of versions.entries()) {
    if (height % 59 !== 0) continue;
    const view = database.view(BigInt(height));
    expect(version.compare(view), `height ${height}`).toBeUndefined();
    view.release();
  }
  await database.close();
}, 60_000);
