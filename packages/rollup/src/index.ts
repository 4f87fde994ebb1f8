/** The chain as a layer 2 of Ethereum, in the OP Stack's formats. */

export { Batcher, type BatcherOptions } from "./batcher/batcher.ts";
export { type BatchBlock, buildChannel, type ChannelOptions } from "./batcher/channel-builder.ts";
export { type ChannelChoice, type ClosedChannel, fullestChannel } from "./batcher/fullest-channel.ts";
export { rollupChainConfig } from "./config/chain-config.ts";
export {
  type BlockId,
  formatRollupConfig,
  parseRollupConfig,
  type RollupConfig,
  RollupConfigError,
} from "./config/rollup-config.ts";
export { type AltDa, AltDaClient, type AltDaOptions } from "./da/alt-da-client.ts";
export { AltDaSource } from "./da/alt-da-source.ts";
export {
  type Commitment,
  type CommitmentKind,
  commitmentPayload,
  decodeCommitment,
  encodeCommitment,
  keccakCommitment,
} from "./da/commitment.ts";
export { createDaServer, type DaServer, type DaServerOptions } from "./da/da-server.ts";
export { AltDaError, type AltDaErrorCode } from "./da/errors.ts";
export { type ContractArtifact, contractArtifact, type StateVariable } from "./deploy/contract-artifact.ts";
export { type DeployOptions, deploy } from "./deploy/deploy.ts";
export { type DeployConfig, type DeployRoles, deployConfigSchema } from "./deploy/deploy-config.ts";
export {
  type Deployment,
  deploymentSchema,
  formatDeployment,
  genesisOptions,
  parseDeployment,
  readDeployment,
  writeDeployment,
} from "./deploy/deployment.ts";
export { DeployError, type DeployErrorCode } from "./deploy/errors.ts";
export { connectL1Account, type L1Account, type L1AccountOptions, type L1Call } from "./deploy/l1-account.ts";
export { type L1Addresses, PERMISSIONED_GAME_TYPE } from "./deploy/l1-plan.ts";
export { type GenesisAccount, l2Alloc, modelRegistryAccount } from "./deploy/l2-alloc.ts";
export { createL2Genesis, type L2Genesis } from "./deploy/l2-genesis.ts";
export type { FeeVaultOptions, L2GenesisOptions } from "./deploy/l2-genesis-options.ts";
export { PREDEPLOY_ADDRESSES, PREDEPLOYS, type Predeploy } from "./deploy/predeploys.ts";
export { DerivationLoop, type DerivationLoopOptions } from "./derive/derivation-loop.ts";
export { DerivationError, type DerivationStep, Deriver } from "./derive/deriver.ts";
export type { L1Source } from "./derive/l1-source.ts";
export { describeL2Block, type L2Block } from "./derive/l2-block.ts";
export { type BuildOutcome, L2Engine } from "./derive/l2-engine.ts";
export { depositsOnly, type PayloadAttributes, payloadAttributes } from "./derive/payload-attributes.ts";
export { DerivationPipeline, OriginMismatchError, type SafeChain } from "./derive/pipeline.ts";
export {
  type Batch,
  decodeBatch,
  encodeSingularBatch,
  type SingularBatch,
} from "./formats/batch.ts";
export type { BatchContext } from "./formats/batch-context.ts";
export { BLOB_SIZE, decodeBlob, encodeBlob, MAX_BLOB_DATA } from "./formats/blob.ts";
export { BROTLI_CHANNEL, decodeChannel, MAX_CHANNEL_BYTES } from "./formats/channel.ts";
export { FormatError } from "./formats/errors.ts";
export {
  decodeFrames,
  encodeFrames,
  FRAME_OVERHEAD,
  type Frame,
  MAX_FRAME_DATA,
  orderedFrames,
} from "./formats/frame.ts";
export { decodeL1Attributes, type L1Attributes } from "./formats/l1-attributes.ts";
export type { L1Block, L1Log, L1Ref } from "./formats/l1-block.ts";
export { type OutputRootInput, outputRoot } from "./formats/output-root.ts";
export { encodeSpanBatch, type SpanBatch, type SpanBlock, type SpanBlockInput } from "./formats/span-batch.ts";
export { type SystemConfig, updatedSystemConfig } from "./formats/system-config.ts";
export { BeaconBlobs, type BlobSource } from "./l1/blob-source.ts";
export { L1Error } from "./l1/errors.ts";
export { L1Client, type L1ClientOptions } from "./l1/l1-client.ts";
export { type L1Request, type SenderOptions, TransactionSender } from "./l1/transaction-sender.ts";
export { BlockHistory } from "./peers/block-history.ts";
export { type BlockServer, type BlockServerOptions, createBlockServer } from "./peers/block-server.ts";
export { payloadSigner, type SignHash, signingHash, signPayload } from "./peers/block-signature.ts";
export { PeerError, type PeerErrorCode } from "./peers/errors.ts";
export { L1Signer, type SignerSource } from "./peers/l1-signer.ts";
export { PeerFollower, type PeerFollowerOptions, type PeerState } from "./peers/peer-follower.ts";
export { SignedFeed, type SignedFeedOptions } from "./peers/signed-feed.ts";
export {
  decodeMessage,
  encodeMessage,
  FrameReader,
  MAX_FRAME_BYTES,
  type SignedBlock,
  STREAM_VERSION,
  type StreamChain,
  type StreamMessage,
} from "./peers/stream-format.ts";
export { type ImportOutcome, UnsafeImporter, type UnsafeImporterParts } from "./peers/unsafe-importer.ts";
export { GameKeeper, type GameKeeperOptions } from "./proposer/game-keeper.ts";
export { type Proposal, Proposer, type ProposerOptions } from "./proposer/proposer.ts";
export type { L1Progress, L2Source } from "./roles/l2-source.ts";
export { L2NodeError, RemoteL2 } from "./roles/remote-l2.ts";
export { RoleLoop, type RoleLoopOptions } from "./roles/role-loop.ts";
export { BlockPlanner, type PlannerOptions } from "./sequence/block-planner.ts";
export { SnapshotError, type SnapshotErrorCode } from "./snapshot/errors.ts";
export { isProvenOutput } from "./snapshot/proven-output.ts";
export {
  type BlockStore,
  checkSnapshotBlocks,
  firstWholeBlock,
  type SnapshotClaim,
} from "./snapshot/snapshot-blocks.ts";
