import type { BlockAttributes, ChainConfig, Header } from "@hyperion/kernel";
import { keccak256 } from "viem";
import { EMPTY_TRIE_ROOT, hexToWord, toBigInt, toBytes, ZERO_ADDRESS, ZERO_HASH } from "./hex.ts";

/** `env` of a state test. */
export interface FixtureEnvironment {
  readonly currentCoinbase: string;
  readonly currentGasLimit: string;
  readonly currentNumber: string;
  readonly currentTimestamp: string;
  readonly currentDifficulty?: string;
  readonly currentRandom?: string;
  readonly currentBaseFee?: string;
  readonly currentExcessBlobGas?: string;
  readonly parentExcessBlobGas?: string;
  readonly parentBlobGasUsed?: string;
}

/** State tests define BLOCKHASH(n) as the hash of the decimal digits of n. */
export function testBlockHash(number: bigint): Uint8Array {
  return keccak256(new TextEncoder().encode(number.toString()), "bytes");
}

/** Whether a fork is active in the given block. */
export function hasFork(config: ChainConfig, fork: string, number: bigint, timestamp: bigint): boolean {
  const activation = config.forks.find((entry) => entry.fork === fork);
  if (activation === undefined) return false;
  if (activation.timestamp !== undefined) return timestamp >= activation.timestamp;
  return number >= (activation.block ?? 0n);
}

/** The parent a state test's block would have. */
export function testParent(env: FixtureEnvironment, config: ChainConfig): Header {
  const number = toBigInt(env.currentNumber);
  const active = (fork: string): boolean => hasFork(config, fork, number, toBigInt(env.currentTimestamp));
  return {
    parentHash: ZERO_HASH,
    ommersHash: ZERO_HASH,
    coinbase: ZERO_ADDRESS,
    stateRoot: EMPTY_TRIE_ROOT,
    transactionsRoot: EMPTY_TRIE_ROOT,
    receiptsRoot: EMPTY_TRIE_ROOT,
    logsBloom: new Uint8Array(256),
    difficulty: 0n,
    number: number === 0n ? 0n : number - 1n,
    gasLimit: toBigInt(env.currentGasLimit),
    gasUsed: 0n,
    timestamp: 0n,
    extraData: new Uint8Array(0),
    mixHash: ZERO_HASH,
    nonce: new Uint8Array(8),
    ...(active("london") && { baseFeePerGas: toBigInt(env.currentBaseFee ?? "0x0a") }),
    ...(active("shanghai") && { withdrawalsRoot: EMPTY_TRIE_ROOT }),
    ...(active("cancun") && {
      blobGasUsed: toBigInt(env.parentBlobGasUsed ?? "0x0"),
      excessBlobGas: toBigInt(env.parentExcessBlobGas ?? "0x0"),
      parentBeaconBlockRoot: ZERO_HASH,
    }),
    ...(active("prague") && { requestsHash: ZERO_HASH }),
  };
}

export function testAttributes(env: FixtureEnvironment, config: ChainConfig): BlockAttributes {
  const number = toBigInt(env.currentNumber);
  const timestamp = toBigInt(env.currentTimestamp);
  const active = (fork: string): boolean => hasFork(config, fork, number, timestamp);
  return {
    timestamp,
    coinbase: toBytes(env.currentCoinbase),
    gasLimit: toBigInt(env.currentGasLimit),
    prevRandao: hexToWord(env.currentRandom ?? "0x00"),
    ...(active("cancun") && { parentBeaconBlockRoot: ZERO_HASH }),
    overrides: {
      number,
      difficulty: active("paris") ? 0n : toBigInt(env.currentDifficulty ?? "0x20000"),
      ...(active("london") && { baseFeePerGas: toBigInt(env.currentBaseFee ?? "0x0a") }),
      ...(active("cancun") &&
        env.currentExcessBlobGas !== undefined && { excessBlobGas: toBigInt(env.currentExcessBlobGas) }),
    },
  };
}
