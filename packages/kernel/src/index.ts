/** The state transition: EVM, state, transactions and blocks, compiled from AssemblyScript, behind one class. */

export { WireReader, WireWriter } from "./codec.ts";
export { type Curves, createCurves } from "./curves.ts";
export { KernelError, type KernelErrorCode } from "./errors.ts";
export { Execution } from "./execution.ts";
export { ExecutionRecord, type VisitLog } from "./execution-record.ts";
export { GenesisError, type ParsedGenesis, parseGenesis } from "./genesis.ts";
export { keccak256 } from "./keccak.ts";
export { Kernel } from "./kernel.ts";
export { OPCODES, type Opcode } from "./opcodes.ts";
export type { BatchConflict, BatchSchedule, TransactionRun } from "./parallel/batch-schedule.ts";
export { WorkerInstance } from "./parallel/worker-instance.ts";
export { presetConfig } from "./presets.ts";
export type { Log, Receipt } from "./receipt.ts";
export { decodeRlp, encodeRlp, type RlpItem } from "./rlp.ts";
export {
  executeStateless,
  PROGRAM_SEED,
  programMessage,
  readProgramAnswer,
  recordWitness,
  type StatelessInput,
  type StatelessOutcome,
  type Witness,
} from "./stateless.ts";
export { Trie } from "./trie.ts";
export {
  type AccessListItem,
  type AccountOverride,
  type AccountProof,
  type AccountState,
  type Authorization,
  type BatchReport,
  type BlobParameters,
  type BlockAttributes,
  type BlockOutcome,
  type CallOptions,
  type CallOutcome,
  type CallRequest,
  type ChainConfig,
  type CodeCompiler,
  type CompiledCode,
  type DepositFields,
  type ExecutedTransaction,
  FORKS,
  type ForkActivation,
  type ForkName,
  type GenesisBlock,
  type HaltReason,
  type Header,
  type InvalidBlock,
  type InvalidTransaction,
  type KernelApi,
  type KernelOptions,
  type KernelWorkers,
  type MemoryUse,
  type PreimageOracle,
  type RollupRules,
  type SealedBlock,
  type SealedHead,
  type StateChange,
  type StateCommit,
  type TraceEnter,
  type TraceExit,
  type Tracer,
  type TraceStep,
  type Transaction,
  type TransactionErrorCode,
  type TransactionOutcome,
  type Withdrawal,
  type WorkerTarget,
} from "./types.ts";
