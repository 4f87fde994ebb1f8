import { parseEther, toHex } from "viem";
import type { L1Fault } from "./faulty-l1.ts";
import { eventually, RollupProcesses } from "./rollup-processes.ts";

/** Everything goes on and agrees: the verifier comes to what the sequencer has now, and a little more. */
export const goesOn = async (rollup: RollupProcesses): Promise<void> => {
  const head = await rollup.client("sequencer").getBlockNumber();
  await rollup.safeAt("verifier", head + 2n);
  const { safe_l2: safe } = await rollup.heads("verifier");
  const hash = await rollup.hashAt("sequencer", BigInt(safe.number));
  if (hash !== safe.hash) throw new Error(`block ${safe.number} is ${hash} and ${safe.hash}`);
};

/** Takes the batcher's ether away, and gives it back. Resolves to the code with which it told. */
export const drainBatcher = async (rollup: RollupProcesses): Promise<string | undefined> => {
  const balance = (wei: bigint): Promise<unknown> =>
    rollup.anvil.request("anvil_setBalance", [RollupProcesses.batcher, toHex(wei)]);
  await balance(0n);
  const reports = (): string | undefined => rollup.events("batcher").findLast(({ event }) => event === "stuck")?.code;
  await eventually(async () => reports() !== undefined);
  const code = reports();
  await balance(parseEther("100"));
  await goesOn(rollup);
  return code;
};

/** L1 goes wrong for a while. Resolves to whether blocks came meanwhile. */
export const disturbL1 = async (rollup: RollupProcesses, fault: L1Fault, milliseconds: number): Promise<boolean> => {
  const height = (): Promise<bigint> => rollup.client("sequencer").getBlockNumber();
  const before = await height();
  rollup.faults.set(fault);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  const after = await height();
  rollup.faults.set("none");
  await goesOn(rollup);
  return after > before;
};

const L1_FAULTS: readonly L1Fault[] = ["garbage", "failing", "silent", "behind"];
/** Longer than the roles wait for an answer. */
const LONG_MS = 30_000;

/** Every fault of L1, for long. Returns what went wrong. */
export const faultsOfL1 = async (binary: string, log: (line: string) => void): Promise<readonly string[]> => {
  const rollup = await RollupProcesses.create(binary, { behind: 900 });
  const found: string[] = [];
  try {
    await rollup.start("sequencer");
    await Promise.all([rollup.start("batcher"), rollup.start("proposer"), rollup.start("verifier")]);
    const code = await drainBatcher(rollup);
    if (code !== "L1_FUNDS") found.push(`a batcher without ether said ${code}`);
    log("the batcher's ether was gone, and all agree");
    for (const fault of L1_FAULTS) {
      if (!(await disturbL1(rollup, fault, LONG_MS))) found.push(`no blocks while L1 was ${fault}`);
      log(`L1 was ${fault}, and all agree`);
    }
    return found;
  } finally {
    await rollup.close();
  }
};

/** The server that keeps the batches is killed, and comes back. Batches go to L1 meanwhile. */
export const loseDaServer = async (binary: string): Promise<void> => {
  const rollup = await RollupProcesses.create(binary, { altDa: true });
  try {
    await rollup.start("da-server");
    await rollup.start("sequencer");
    await Promise.all([rollup.start("batcher"), rollup.start("verifier")]);
    await goesOn(rollup);
    await rollup.kill("da-server");
    const head = await rollup.client("sequencer").getBlockNumber();
    // What was put with the server before may be wanted still: the verifier waits for it.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    await rollup.start("da-server");
    await goesOn(rollup);
    await rollup.safeAt("verifier", head + 5n);
  } finally {
    await rollup.close();
  }
};
