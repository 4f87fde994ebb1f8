/** What derivation follows from besides blocks. */
import { takeTo, takeU32, takeU64 } from "../../kernel/assembly/entry/wire";
import { reserve } from "../../kernel/assembly/memory/heap";

@unmanaged
export class Config {
  chainId: u64;
  /** Timestamp of the L2 genesis, and between blocks, seconds. */
  genesisTime: u64;
  blockTime: u64;
  /** Seconds that L2 may run ahead of its L1 origin. */
  maxSequencerDrift: u64;
  /** L1 blocks in which the batches of an epoch have to appear, and that a channel stays open. */
  sequencingWindow: u64;
  channelTimeout: u64;
  /** First timestamp of Jovian. */
  jovianTime: u64;
  /** EIP-1559 parameters where the system configuration has none. */
  baseFeeDenominator: u32;
  elasticity: u32;
}

export let CONFIG: Config = changetype<Config>(0);
/** Contracts on L1, 20 bytes each. */
export let PORTAL: usize = 0;
export let SYSTEM_CONFIG: usize = 0;

/** Once per instance. */
export function initConfig(): void {
  CONFIG = changetype<Config>(reserve(offsetof<Config>()));
  PORTAL = reserve(24);
  SYSTEM_CONFIG = reserve(24);
}

/** Reads the configuration from a message. */
export function takeConfig(): void {
  CONFIG.chainId = takeU64();
  CONFIG.genesisTime = takeU64();
  CONFIG.blockTime = takeU64();
  CONFIG.maxSequencerDrift = takeU64();
  CONFIG.sequencingWindow = takeU64();
  CONFIG.channelTimeout = takeU64();
  CONFIG.jovianTime = takeU64();
  CONFIG.baseFeeDenominator = takeU32();
  CONFIG.elasticity = takeU32();
  takeTo(PORTAL, 20);
  takeTo(SYSTEM_CONFIG, 20);
}
