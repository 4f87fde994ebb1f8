/** The chain's rules: when each fork and each blob schedule begins. Written once per instance by the host. */
import { reserve } from "../memory/heap";

/** Unmanaged record; the variable parts follow in memory of their own. */
@unmanaged
export class Config {
  chainId: u64;
  /** Turns on the inference precompile. */
  inference: bool;
  /** `ForkActivation` records. */
  forks: usize;
  forkCount: u32;
  /** `BlobParameters` records, ascending by timestamp. */
  blobSchedule: usize;
  blobScheduleCount: u32;
  /** The chain is an OP Stack rollup with Isthmus active from genesis on. */
  isRollup: bool;
  /** EIP-1559 parameters of children of blocks whose extra data has none. */
  baseFeeDenominator: u32;
  elasticity: u32;
  /** First timestamp of Jovian. */
  jovianTime: u64;
}

const DEPOSIT_CONTRACT: usize = 48;
const DEFAULT_MODEL: usize = 80;
const CONFIG_SIZE: usize = 112;

/** A fork is active when the block has both reached `block` and `timestamp`. */
@unmanaged
export class ForkActivation {
  block: u64;
  timestamp: u64;
  fork: u32;
}

@unmanaged
export class BlobParameters {
  timestamp: u64;
  baseFeeUpdateFraction: u64;
  target: u32;
  max: u32;
}

const FORK_ACTIVATION_SIZE: usize = 24;
const BLOB_PARAMETERS_SIZE: usize = 24;

export let CONFIG: Config = changetype<Config>(0);

/** Makes room for a configuration of that many records, and makes it the current one. */
export function newConfig(forkCount: u32, blobScheduleCount: u32): Config {
  const config = changetype<Config>(reserve(CONFIG_SIZE));
  config.forkCount = forkCount;
  config.forks = reserve(<usize>forkCount * FORK_ACTIVATION_SIZE);
  config.blobScheduleCount = blobScheduleCount;
  config.blobSchedule = reserve(<usize>blobScheduleCount * BLOB_PARAMETERS_SIZE);
  CONFIG = config;
  return config;
}

/** Uses a configuration that another instance over the same memory made. */
export function useConfig(config: usize): void {
  CONFIG = changetype<Config>(config);
}

/** EIP-6110: the contract whose logs are deposits, 20 bytes. */
// @ts-ignore: decorator
@inline
export function depositContractPtr(): usize {
  return changetype<usize>(CONFIG) + DEPOSIT_CONTRACT;
}

/** Root of the model that the inference precompile runs by default, 32 bytes. */
// @ts-ignore: decorator
@inline
export function defaultModelPtr(): usize {
  return changetype<usize>(CONFIG) + DEFAULT_MODEL;
}

// @ts-ignore: decorator
@inline
export function forkActivationAt(index: u32): ForkActivation {
  return changetype<ForkActivation>(CONFIG.forks + <usize>index * FORK_ACTIVATION_SIZE);
}

// @ts-ignore: decorator
@inline
export function blobParametersAt(index: u32): BlobParameters {
  return changetype<BlobParameters>(CONFIG.blobSchedule + <usize>index * BLOB_PARAMETERS_SIZE);
}

/** Number of the fork that rules a block. */
export function forkAt(number: u64, timestamp: u64): u32 {
  let fork: u32 = 0;
  for (let i: u32 = 0; i < CONFIG.forkCount; i++) {
    const activation = forkActivationAt(i);
    const active = activation.block <= number && activation.timestamp <= timestamp;
    if (active && activation.fork > fork) fork = activation.fork;
  }
  return fork;
}

/** Blob limits in force at a timestamp; those of Cancun where the configuration names none. */
export function blobParameters(timestamp: u64): BlobParameters {
  let found = changetype<BlobParameters>(CANCUN_BLOBS);
  for (let i: u32 = 0; i < CONFIG.blobScheduleCount; i++) {
    const parameters = blobParametersAt(i);
    if (parameters.timestamp <= timestamp) found = parameters;
  }
  return found;
}

/** EIP-4844: timestamp, update fraction, then target and maximum in one limb. */
const CANCUN_BLOBS = memory.data<u64>([0, 3338477, (6 << 32) | 3]);
