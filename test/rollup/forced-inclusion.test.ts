import { type Hex, parseEther, parseGwei } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anvilBinary } from "./anvil-process.ts";
import { eventually, RollupProcesses } from "./rollup-processes.ts";

const binary = anvilBinary();
const ALICE: Hex = "0x00000000000000000000000000000000000a11ce";
const BOB: Hex = "0x0000000000000000000000000000000000000b0b";
/** L1 blocks. */
const WINDOW = 24;
/** Seconds between L1's blocks. Slower than L2, as L2 has to come out of the epochs that are too late. */
const L1_BLOCK_TIME = 3;

describe.skipIf(binary === undefined)("a sequencer that is silent", { timeout: 480_000 }, () => {
  let rollup: RollupProcesses;

  beforeAll(async () => {
    rollup = await RollupProcesses.create(binary!, { window: WINDOW, behind: 120 });
    await rollup.anvil.request("evm_setIntervalMining", [L1_BLOCK_TIME]);
    await rollup.start("sequencer");
    await Promise.all([rollup.start("batcher"), rollup.start("verifier")]);
  });

  afterAll(() => rollup?.close());

  const send = async (to: Hex, value: bigint): Promise<bigint> => {
    const client = rollup.client("sequencer");
    const fees = { maxFeePerGas: parseGwei("10"), maxPriorityFeePerGas: 1n };
    const nonce = await client.getTransactionCount({ address: RollupProcesses.user.address, blockTag: "pending" });
    const fields = { type: "eip1559", chainId: RollupProcesses.chainId, gas: 21_000n, to, value, nonce } as const;
    const serializedTransaction = await RollupProcesses.user.signTransaction({ ...fields, ...fees });
    const hash = await client.sendRawTransaction({ serializedTransaction });
    const { status, blockNumber } = await client.waitForTransactionReceipt({ hash, timeout: 300_000 });
    expect(status).toBe("success");
    return blockNumber;
  };

  const balance = (role: "sequencer" | "verifier", address: Hex): Promise<bigint> =>
    rollup.client(role).getBalance({ address });

  test("cannot keep a deposit out: L1 alone gives the blocks that execute it, and the chain goes on later", async () => {
    await rollup.safeAt("verifier", await send(BOB, 1n));
    await rollup.stop("batcher");
    await rollup.stop("sequencer");
    await rollup.deposit(ALICE, parseEther("2"));
    expect(await balance("verifier", ALICE)).toBe(0n);
    const { safe_l2: before } = await rollup.heads("verifier");
    for (let block = 0; block < WINDOW + 2; block++) await rollup.anvil.request("evm_mine");
    await eventually(async () => (await balance("verifier", ALICE)) === parseEther("2"));
    const client = rollup.client("verifier");
    const { number: head } = await client.getBlock();
    expect(head).toBeGreaterThan(before.number);
    for (let blockNumber = BigInt(before.number) + 1n; blockNumber <= head; blockNumber++) {
      const { transactions } = await client.getBlock({ blockNumber, includeTransactions: true });
      expect(transactions.every(({ typeHex }) => typeHex === "0x7e")).toBe(true);
    }

    await Promise.all([rollup.start("sequencer"), rollup.start("batcher")]);
    const number = await send(BOB, 2n);
    expect(await balance("sequencer", ALICE)).toBe(parseEther("2"));
    expect(number).toBeGreaterThan(head);
    await rollup.safeAt("verifier", number, 240_000);
    expect(await rollup.hashAt("verifier", number)).toBe(await rollup.hashAt("sequencer", number));
    expect(await rollup.hashAt("sequencer", head)).toBe(await rollup.hashAt("verifier", head));
    expect(await balance("verifier", BOB)).toBe(3n);
  });
});
