import type { Log, Tracer } from "@hyperion/kernel";
import { toWord } from "../hex.ts";

/** keccak256("Transfer(address,address,uint256)"). */
const TRANSFER_TOPIC = Buffer.from("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef", "hex");
/** Stands for ETH as if it were a token (ERC-7528). */
const ETH_ADDRESS = Buffer.from("ee".repeat(20), "hex");

const topicOf = (address: Uint8Array): Uint8Array => Buffer.concat([new Uint8Array(12), address]);

const transferLog = (from: Uint8Array, to: Uint8Array, value: bigint): Log => ({
  address: ETH_ADDRESS,
  topics: [TRANSFER_TOPIC, topicOf(from), topicOf(to)],
  data: toWord(value),
});

/** A log and its index in the simulated block. */
export interface NumberedLog {
  readonly log: Log;
  readonly index: number;
}

export interface TransferLogCollector {
  readonly tracer: Tracer;
  /** Forgets everything: a block begins. */
  begin(): void;
  /** The logs since the last call. */
  take(): readonly NumberedLog[];
}

/**
 * Collects the logs of messages with every movement of ETH among them (eth_simulateV1 `traceTransfers`). What a failed
 * call logged is forgotten, as its effects are, but its numbers stay taken. These logs appear in results only, not in
 * receipts or blooms.
 */
export const transferLogCollector = (): TransferLogCollector => {
  let logs: NumberedLog[] = [];
  let next = 0;
  /** How many logs there were when each running call began. */
  let starts: number[] = [];
  const add = (log: Log): void => void logs.push({ log, index: next++ });
  return {
    tracer: {
      onEnter({ kind, from, to, value }) {
        starts.push(logs.length);
        if (value > 0n && kind !== "DELEGATECALL" && kind !== "STATICCALL") add(transferLog(from, to, value));
      },
      onExit({ halt }) {
        const start = starts.pop() ?? 0;
        if (halt !== "success") logs.length = start;
      },
      onLog({ address, topics, data }) {
        add({ address: address.slice(), topics: topics.map((topic) => topic.slice()), data: data.slice() });
      },
    },
    begin() {
      logs = [];
      starts = [];
      next = 0;
    },
    take() {
      const taken = logs;
      logs = [];
      return taken;
    },
  };
};
