/** eth_simulateV1 `traceTransfers`: moved ether as an ERC-20 Transfer log of the address 0xeeee…eeee. */
import { FEATURE_TRANSFER_LOGS } from "../spec/forks";
import { appendLog } from "../state/logs";
import { isZero32, storeBE, zero32 } from "../u256/word";
import { ENV } from "./environment";
import { SCRATCH } from "./frame";

/** keccak("Transfer(address,address,uint256)"). */
const TRANSFER_TOPIC: usize = memory.data<u8>([
  0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0, 0x68, 0xfc, 0x37, 0x8d, 0xaa, 0x95, 0x2b, 0xa7, 0xf1,
  0x63, 0xc4, 0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef,
]);
const TOPICS: usize = 32;
const DATA: usize = 128;
const ETHER: usize = 160;

/** Logs a transfer of the word `value`, unless it is 0 or nobody asked; uses SCRATCH from byte 32 on. */
export function logTransfer(from: usize, to: usize, value: usize): void {
  if ((ENV.features & FEATURE_TRANSFER_LOGS) == 0 || isZero32(value)) return;
  const topics = SCRATCH + TOPICS;
  memory.copy(topics, TRANSFER_TOPIC, 32);
  zero32(topics + 32);
  memory.copy(topics + 44, from, 20);
  zero32(topics + 64);
  memory.copy(topics + 76, to, 20);
  storeBE(SCRATCH + DATA, value);
  memory.fill(SCRATCH + ETHER, 0xee, 20);
  store<u32>(SCRATCH + ETHER, 0, 20);
  appendLog(SCRATCH + ETHER, topics, 3, SCRATCH + DATA, 32);
}
