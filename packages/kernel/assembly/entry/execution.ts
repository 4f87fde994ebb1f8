/** How the node's kernel answers for one executed transaction. */
import { MAX_BLOCK_SIZE } from "../block/header-rules";
import { BODY_SIZE, TRANSACTION_COUNT, retainRaw } from "../block/open-block";
import { RECEIPT, processTransaction } from "../block/process";
import { withdrawalsSize } from "../block/withdrawals";
import { ENV } from "../evm/environment";
import { OUTPUT, OUTPUT_LENGTH } from "../evm/message";
import { OSAKA } from "../spec/forks";
import { GAS_ALLOWANCE_EXCEEDED, VALID, reject } from "../transaction/error";
import { STATUS } from "../transaction/execute";
import { Receipt } from "../transaction/receipt";
import { putExecutionRecord } from "./execution-record";
import { putRejection } from "./records";
import { putBool, putBytes, putU8 } from "./wire";

/** Headers and list lengths around the transactions of a block, in bytes, with room to spare. */
const BLOCK_OVERHEAD: u64 = 2048;
const TRANSACTION_OVERHEAD: u64 = 5;

/** Executes onto the open block and answers. `stays`: the bytes are in block memory. */
export function putExecution(raw: usize, size: u32, stays: bool): void {
  const error = exceedsBlockSize(size) ? reject(GAS_ALLOWANCE_EXCEEDED, size) : processTransaction(raw, size);
  if (error != VALID) {
    putRejection(error);
    return;
  }
  if (!stays) retainRaw();
  putExecuted(STATUS, OUTPUT, OUTPUT_LENGTH, RECEIPT);
}

export function putExecuted(status: u32, output: usize, outputLength: u32, receipt: Receipt): void {
  putBool(true);
  putU8(status);
  putBytes(output, outputLength);
  putExecutionRecord(receipt);
}

/** EIP-7934: what would not fit the block's size limit is left for a later block. */
export function exceedsBlockSize(size: u32): bool {
  const body = BODY_SIZE + size + (<u64>TRANSACTION_COUNT + 1) * TRANSACTION_OVERHEAD + withdrawalsSize();
  return ENV.fork >= OSAKA && body + BLOCK_OVERHEAD > MAX_BLOCK_SIZE;
}
