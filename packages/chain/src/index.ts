export { adoptSnapshot } from "./adopt-snapshot.ts";
export type {
  Block,
  BlockBuilderApi,
  BlockOpener,
  BlockOpening,
  BlockOverrides,
  BlockRef,
  BlockTag,
  BlockTracer,
  ChainApi,
  ChainEvents,
  DevControls,
  LocatedLog,
  LocatedReceipt,
  LocatedTransaction,
  LogFilter,
  LogQuery,
  PendingBlock,
  PoolErrorCode,
  PoolStatus,
  SessionOptions,
  StateOverrides,
  StateSession,
  TransactionPoolApi,
} from "./api.ts";
export { Blockchain, type BlockchainOptions } from "./blockchain.ts";
export type { ChainIdentity } from "./chain-store.ts";
export { encodeReceipt } from "./encode-receipt.ts";
export { ChainError, type ChainErrorCode, InvalidBlockError, PoolError } from "./errors.ts";
export { type ExportOptions, exportSnapshot } from "./export-snapshot.ts";
export { activeFork } from "./fork-schedule.ts";
export { GENESIS_CONTRACTS, type GenesisContract } from "./genesis-contracts.ts";
export { matchesFilter } from "./located-logs.ts";
export { orderedRoot } from "./ordered-root.ts";
export type { ModelLookup } from "./preimages.ts";
export {
  encodeRlp,
  RlpError,
  type RlpInput,
  type RlpItem,
  rlpBytes,
  rlpItem,
  rlpList,
  rlpListOf,
  rlpQuantity,
} from "./rlp.ts";
export { StoredBlock } from "./stored-block.ts";
export { encodeTransaction } from "./transaction-codec.ts";
export { type PoolOptions, TransactionPool } from "./transaction-pool.ts";
