import { numberToHex } from "viem";
import { type Anvil, type AnvilOptions, startAnvil } from "./anvil.ts";

/** An L1 for development whose clock may stand still while nobody runs it. */
export interface DevL1 extends Anvil {
  /** Milliseconds since the epoch, as its timestamps count. */
  now(): number;
  /** Every transaction in a block of its own, at once. */
  automine(): Promise<void>;
  /** A block every so many seconds. */
  mineEvery(seconds: number): Promise<void>;
  setBalance(address: string, wei: bigint): Promise<void>;
}

/** A pause that is longer than this does not exist for the chain: L2 would have to fill it with empty blocks. Seconds. */
const LONGEST_PAUSE = 120;
/** Blocks mined at once are a second apart each; begun so long ago, they do not run ahead of the clock. Seconds. */
const HEAD_START = 60;

/** @throws ConfigError when it does not start */
export const startDevL1 = async (options: AnvilOptions): Promise<DevL1> => {
  const anvil = await startAnvil(options);
  let offset = 0;
  const wallClock = (): number => Math.floor(Date.now() / 1000);
  const newest = async (): Promise<{ readonly number: number; readonly time: number }> => {
    const block = (await anvil.request("eth_getBlockByNumber", ["latest", false])) as Record<string, string>;
    return { number: Number(block.number), time: Number(block.timestamp) };
  };
  /** The clock goes on from the newest block, where that is far from now. */
  const resume = async (): Promise<void> => {
    const { time } = await newest();
    const behind = wallClock() - time;
    offset = behind > LONGEST_PAUSE || behind < 0 ? behind - 1 : 0;
    await anvil.request("evm_setTime", [wallClock() - offset]);
  };
  if ((await newest()).number === 0) await anvil.request("evm_setTime", [wallClock() - HEAD_START]);
  else await resume();
  return {
    ...anvil,
    now: () => Date.now() - offset * 1000,
    automine: async () => {
      await anvil.request("evm_setAutomine", [true]);
    },
    mineEvery: async (seconds) => {
      await anvil.request("evm_setAutomine", [false]);
      await resume();
      await anvil.request("evm_setIntervalMining", [seconds]);
    },
    setBalance: async (address, wei) => {
      await anvil.request("anvil_setBalance", [address, numberToHex(wei)]);
    },
  };
};
