import { type ChainConfig, type GenesisBlock, presetConfig } from "@hyperion/kernel";
import { Database } from "@hyperion/metisdb";
import { Blockchain, type BlockchainOptions } from "./blockchain.ts";
import { TestWallet } from "./test-wallet.ts";

export const alice: TestWallet = new TestWallet(1);
export const bob: TestWallet = new TestWallet(2);
export const carol: TestWallet = new TestWallet(3);

export const ETHER: bigint = 10n ** 18n;

/** Emits one log per call: topic 0 is the first word of the call data; returns nothing. */
export const LOGGER: Uint8Array = new Uint8Array(20).fill(0x10);
/** CALLDATALOAD(0) PUSH0 PUSH0 LOG1 STOP, with the operands in LOG1's order. */
const LOGGER_CODE = Uint8Array.of(0x5f, 0x35, 0x5f, 0x5f, 0xa1, 0x00);
export const COUNTER: Uint8Array = new Uint8Array(20).fill(0x20);
/** Adds one to slot 0 and returns the former value. */
const COUNTER_CODE = Uint8Array.of(
  ...[0x5f, 0x54, 0x80, 0x5f, 0x52, 0x60, 0x01, 0x01, 0x5f, 0x55, 0x60, 0x20, 0x5f, 0xf3],
);

/** EIP-7002 and EIP-7251 call these at the end of each block; contracts that return nothing are enough. */
const SYSTEM_CONTRACTS = ["00000961ef480eb55e80d19ad83579a64c007002", "0000bbddc7ce488642fb579f8b00f3a590007251"];
const STOP = Uint8Array.of(0x00);

/** Osaka from genesis, London prices, three rich accounts and two contracts. */
export function testGenesis(): { config: ChainConfig; genesis: GenesisBlock } {
  const config = presetConfig("Osaka", 1337n)!;
  return {
    config,
    genesis: {
      header: {
        parentHash: new Uint8Array(32),
        coinbase: new Uint8Array(20),
        difficulty: 0n,
        number: 0n,
        gasLimit: 30_000_000n,
        gasUsed: 0n,
        timestamp: 1_000n,
        extraData: new Uint8Array(0),
        mixHash: new Uint8Array(32),
        nonce: new Uint8Array(8),
        baseFeePerGas: 1_000_000_000n,
        withdrawalsRoot: Buffer.from("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", "hex"),
        blobGasUsed: 0n,
        excessBlobGas: 0n,
        parentBeaconBlockRoot: new Uint8Array(32),
        requestsHash: Buffer.from("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "hex"),
      },
      alloc: [
        [alice.address, { balance: 1000n * ETHER }],
        [bob.address, { balance: 1000n * ETHER }],
        [carol.address, { balance: ETHER }],
        [LOGGER, { code: LOGGER_CODE }],
        [COUNTER, { code: COUNTER_CODE }],
        ...SYSTEM_CONTRACTS.map((address) => [Buffer.from(address, "hex"), { code: STOP }] as const),
      ],
    },
  };
}

/** A chain over a temporary database, or over the given one. */
export function openTestChain(options: Partial<BlockchainOptions> = {}): Promise<Blockchain> {
  return Blockchain.open({ ...testGenesis(), database: options.database ?? Database.temporary(), ...options });
}
