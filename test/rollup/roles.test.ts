import { contractArtifact } from "@hyperion/rollup";
import { type Hex, parseEther, parseGwei } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anvilBinary } from "./anvil-process.ts";
import { eventually, RollupProcesses } from "./rollup-processes.ts";

const binary = anvilBinary();
const RICH: Hex = "0x00000000000000000000000000000000000000dd";
const POOR: Hex = "0x00000000000000000000000000000000000000ee";
const PATIENCE = 120_000;
/** L1 blocks, and seconds. */
const WINDOW = 100;

describe.skipIf(binary === undefined)("the roles of a rollup as processes", { timeout: 240_000 }, () => {
  let rollup: RollupProcesses;

  beforeAll(async () => {
    rollup = await RollupProcesses.create(binary!, { window: WINDOW });
    await rollup.start("sequencer");
    await Promise.all([rollup.start("batcher"), rollup.start("proposer"), rollup.start("verifier")]);
  });

  afterAll(() => rollup?.close());

  const transfer = async (to: Hex, value: bigint): Promise<bigint> => {
    const client = rollup.client("sequencer");
    const fees = { maxFeePerGas: parseGwei("10"), maxPriorityFeePerGas: 1n };
    const request = { ...fees, type: "eip1559", chainId: RollupProcesses.chainId, gas: 21_000n, to, value } as const;
    const nonce = await client.getTransactionCount({ address: RollupProcesses.user.address, blockTag: "pending" });
    const serializedTransaction = await RollupProcesses.user.signTransaction({ ...request, nonce });
    const hash = await client.sendRawTransaction({ serializedTransaction });
    const { status, blockNumber } = await client.waitForTransactionReceipt({ hash, timeout: PATIENCE });
    expect(status).toBe("success");
    return blockNumber;
  };

  /** Both nodes have the same safe block at the verifier's safe head. */
  const agree = async (): Promise<void> => {
    const { safe_l2: safe } = await rollup.heads("verifier");
    expect(await rollup.hashAt("sequencer", BigInt(safe.number))).toBe(safe.hash);
  };

  const balance = (role: "sequencer" | "verifier", address: Hex): Promise<bigint> =>
    rollup.client(role).getBalance({ address });

  test("transactions are preconfirmed, posted, derived by a verifier, and proposed", async () => {
    await rollup.deposit(RICH, parseEther("3"));
    const number = await transfer(POOR, 5n);
    await eventually(async () => (await balance("sequencer", RICH)) === parseEther("3"));
    await rollup.safeAt("verifier", number);
    await agree();
    expect(await balance("verifier", POOR)).toBe(5n);
    await eventually(async () => (await balance("verifier", RICH)) === parseEther("3"));
    const { addresses } = rollup.deployment;
    const { abi } = contractArtifact("l1/dispute/DisputeGameFactory");
    const games = (): Promise<unknown> =>
      rollup.l1.readContract({ address: addresses.disputeGameFactory, abi, functionName: "gameCount" });
    await eventually(async () => ((await games()) as bigint) > 0n);
  });

  test("blocks come on time, one per second", async () => {
    const client = rollup.client("sequencer");
    const head = await client.getBlock();
    const first = await client.getBlock({ blockNumber: head.number - 5n });
    expect(head.timestamp - first.timestamp).toBe(5n);
    expect(Math.abs(Number(head.timestamp) - Date.now() / 1000)).toBeLessThan(10);
  });

  test("an L1 reorg takes deposits back on L2, and the nodes agree again", async () => {
    const stranger: Hex = "0x00000000000000000000000000000000000000cc";
    await rollup.deposit(stranger, 7n);
    await eventually(async () => (await balance("sequencer", stranger)) === 7n);
    const number = await transfer(POOR, 1n);
    await rollup.anvil.request("anvil_rollback", [
      Number(await rollup.l1.getBlockNumber()) - Number(await depositBlock(stranger)) + 1,
    ]);
    await rollup.anvil.request("anvil_dropAllTransactions");
    await eventually(async () => (await balance("sequencer", stranger)) === 0n);
    await rollup.safeAt("verifier", number + 5n);
    await agree();
    expect(await balance("sequencer", POOR)).toBe(6n);
    expect(await balance("verifier", stranger)).toBe(0n);
  });

  /** L1 block of the last deposit to that account: the sequencer's first block that has it tells its origin. */
  const depositBlock = async (address: Hex): Promise<bigint> => {
    const client = rollup.client("sequencer");
    let number = await client.getBlockNumber();
    while ((await client.getBalance({ address, blockNumber: number - 1n })) > 0n) number--;
    const { l1origin } = (
      (await client.request({ method: "optimism_outputAtBlock", params: [`0x${number.toString(16)}`] } as never)) as {
        blockRef: { l1origin: { number: number } };
      }
    ).blockRef;
    return BigInt(l1origin.number);
  };
});
