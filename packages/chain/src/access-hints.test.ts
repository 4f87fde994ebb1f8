import { describe, expect, test } from "vitest";
import { AccessHints } from "./access-hints.ts";
import type { Blockchain } from "./blockchain.ts";
import { COUNTER, ETHER, LOGGER, openTestChain, testGenesis } from "./test-chain.ts";
import { TestWallet } from "./test-wallet.ts";

const PER_BLOCK = 40;
const BLOCKS = 5;
const WALLETS = Array.from({ length: PER_BLOCK }, (_, index) => new TestWallet(1000 + index));

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(28, value);
  return bytes;
}

function address(index: number): Uint8Array {
  const bytes = new Uint8Array(20).fill(0x55);
  new DataView(bytes.buffer).setUint32(0, index);
  return bytes;
}

/** Counted calls and transfers to ever new accounts, which say what they read, and some that name what they do not. */
function transactions(block: number): Uint8Array[] {
  return Array.from({ length: PER_BLOCK }, (_, index) => {
    const number = block * PER_BLOCK + index;
    const nonce = BigInt(block);
    const wallet = WALLETS[index]!;
    if (index % 4 === 0) {
      const accessList = [
        { address: COUNTER, storageKeys: [word(0), word(number)] },
        { address: LOGGER, storageKeys: [word(1)] },
      ];
      return wallet.sign({ nonce, to: COUNTER, gasLimit: 70_000n, accessList });
    }
    const accessList = [{ address: address(number), storageKeys: [word(number)] }];
    return wallet.sign({ nonce, to: address(number), value: 1n, gasLimit: 30_000n, accessList });
  });
}

function open(cacheBytes?: number): Promise<Blockchain> {
  const { config, genesis } = testGenesis();
  const alloc = [...genesis.alloc, ...WALLETS.map((wallet) => [wallet.address, { balance: ETHER }] as const)];
  return openTestChain({ config, genesis: { ...genesis, alloc }, ...(cacheBytes === undefined ? {} : { cacheBytes }) });
}

/** The blocks' hashes, and how many records were loaded ahead. */
async function run(chain: Blockchain, submit: (raws: Uint8Array[]) => unknown): Promise<[string[], number]> {
  chain.builder.clock.setInterval(1n);
  chain.dev.setCoinbase(new Uint8Array(20).fill(0xcc));
  const hashes: string[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    submit(transactions(block));
    const sealed = await chain.builder.seal();
    expect(sealed.transactionHashes).toHaveLength(PER_BLOCK);
    hashes.push(Buffer.from(sealed.hash).toString("hex"));
  }
  const { loaded } = chain.builder.hints;
  await chain.close();
  return [hashes, loaded];
}

describe("what transactions name", () => {
  test("is loaded before they execute together, and changes no block", async () => {
    const together = (chain: Blockchain) => (raws: Uint8Array[]) => {
      for (const result of chain.builder.submitAll(raws)) expect(result).not.toBeInstanceOf(Error);
    };
    const cold = await open(0);
    const hot = await open();
    const single = await open(0);
    const [hashes, loaded] = await run(cold, together(cold));
    expect(loaded).toBeGreaterThan(PER_BLOCK * BLOCKS * 0.6);
    expect((await run(hot, together(hot)))[0]).toEqual(hashes);
    const [same, none] = await run(single, (raws) => raws.map((raw) => single.builder.submit(raw)));
    expect(same).toEqual(hashes);
    expect(none).toBe(0);
  });

  test("is looked at less and less often while it is in memory, and again when it is not", async () => {
    const chain = await open();
    const kernel = chain.builder.pendingKernel();
    let asked = 0;
    const hints = new AccessHints({
      prefetch: (items) => {
        asked++;
        return kernel.prefetch(items);
      },
    });
    const looks = (first: number, batches: number): boolean[] =>
      Array.from({ length: batches }, () => {
        const before = asked;
        hints.load([{ to: address(first) }, { accessList: [{ address: address(first + 1), storageKeys: [] }] }]);
        return asked > before;
      });
    expect(looks(0, 10)).toEqual([true, true, false, true, false, false, false, true, false, false]);
    expect(hints.loaded).toBe(2);
    expect(looks(2, 6)).toEqual([false, false, false, false, false, true]);
    expect(hints.loaded).toBe(4);
    hints.load([]);
    expect(looks(4, 1)).toEqual([true]);
    expect(looks(100, 1)).toEqual([true]);
    await chain.close();
  });
});
