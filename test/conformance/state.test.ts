import { readFileSync } from "node:fs";
import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { MerkleStateManager } from "@ethereumjs/statemanager";
import { Account, Address, bytesToHex, hexToBytes } from "@ethereumjs/util";
import { privateKeyToAddress } from "viem/accounts";
import { beforeAll, describe, expect, test } from "vitest";
import { WorkerContext } from "./context.ts";
import type { Verdict } from "./suite.ts";
import { stateSuite } from "./suites/state.ts";

const KEY = `0x${"45".repeat(32)}` as const;
const SENDER = privateKeyToAddress(KEY);
const RECIPIENT = `0x${"ab".repeat(20)}` as const;
const COINBASE = `0x${"cb".repeat(20)}` as const;
const EMPTY_LOGS = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347";

/** The state after sending 5 wei at a gas price of 10 over a base fee of 7, by another implementation's trie. */
async function expectedRoot(): Promise<string> {
  const stateManager = new MerkleStateManager({ common: new Common({ chain: Mainnet, hardfork: Hardfork.London }) });
  const put = (address: string, nonce: bigint, balance: bigint): Promise<void> =>
    stateManager.putAccount(new Address(hexToBytes(address as `0x${string}`)), new Account(nonce, balance));
  await put(SENDER, 1n, 10n ** 18n - 5n - 21_000n * 10n);
  await put(RECIPIENT, 0n, 5n);
  await put(COINBASE, 0n, 21_000n * 3n);
  await stateManager.flush();
  return bytesToHex(await stateManager.getStateRoot());
}

function fixture(post: { hash: string; logs?: string; expectException?: string }): string {
  const indexes = { data: 0, gas: 0, value: 0 };
  return JSON.stringify({
    transfer: {
      env: {
        currentCoinbase: COINBASE,
        currentGasLimit: "0x989680",
        currentNumber: "0x01",
        currentTimestamp: "0x03e8",
        currentDifficulty: "0x020000",
        currentBaseFee: "0x07",
      },
      pre: { [SENDER]: { balance: "0x0de0b6b3a7640000", nonce: "0x00", code: "0x", storage: {} } },
      transaction: {
        nonce: "0x00",
        gasPrice: "0x0a",
        gasLimit: ["0x5208"],
        to: RECIPIENT,
        value: ["0x05"],
        data: ["0x"],
        secretKey: KEY,
      },
      post: { London: [{ logs: EMPTY_LOGS, indexes, ...post }] },
    },
  });
}

async function verdictOf(text: string): Promise<Verdict> {
  const [only] = [...stateSuite.cases({ path: "transfer.json", text })!];
  return only!.run(
    new WorkerContext({ stateless: false, metisdb: false, mode: "interpreter", workers: 0, cacheBytes: 1 << 26 }),
  );
}

describe("the state suite", () => {
  let root: string;

  beforeAll(async () => {
    root = await expectedRoot();
  });

  test("signs a transaction given by its fields and passes on the right root", async () => {
    expect(await verdictOf(fixture({ hash: root }))).toBeUndefined();
  });

  test("fails on a wrong root", async () => {
    const hash = root.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
    expect(await verdictOf(fixture({ hash }))).toMatchObject({ reason: "state root", expected: hash, actual: root });
  });

  test("fails on a wrong logs hash", async () => {
    expect(await verdictOf(fixture({ hash: root, logs: root }))).toMatchObject({ reason: "logs hash" });
  });

  test("fails when a transaction that should be refused is accepted", async () => {
    const post = { hash: root, expectException: "TransactionException.NONCE_MISMATCH_TOO_LOW" };
    expect(await verdictOf(fixture(post))).toMatchObject({ expected: post.expectException, actual: "success" });
  });

  test("leaves other JSON alone", () => {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    expect(stateSuite.cases({ path: "package.json", text })).toBeUndefined();
  });
});
