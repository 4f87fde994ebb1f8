export interface FuzzBlock {
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly coinbase: Uint8Array;
  readonly gasLimit: bigint;
  readonly difficulty: bigint;
  readonly prevRandao: Uint8Array;
  readonly baseFeePerGas: bigint;
}

/** The block every fuzzed message runs in. */
export const FUZZ_BLOCK: FuzzBlock = {
  number: 40n,
  timestamp: 1_700_000_000n,
  coinbase: new Uint8Array(20).fill(0xcb),
  gasLimit: 30_000_000n,
  difficulty: 0x20000n,
  prevRandao: new Uint8Array(32).fill(0x77),
  baseFeePerGas: 0n,
};
