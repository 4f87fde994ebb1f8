import { readDefaultModel } from "@hyperion/inference";
import { Kernel, presetConfig, recordWitness, type StatelessInput, type Witness } from "@hyperion/kernel";
import { bytesToHex, hexToBytes } from "viem";
import { privateKeyToAccount } from "viem/accounts";

/** A sealed block with all that its execution from a witness needs, and what the node made of it. */
export interface WitnessedBlock {
  readonly input: StatelessInput;
  readonly witness: Witness;
  readonly stateRoot: Uint8Array;
  readonly hash: Uint8Array;
  readonly gasUsed: bigint;
}

/** A call in the block: to a contract that does something, or to the model. */
export interface BlockCall {
  readonly to: Uint8Array;
  readonly data: Uint8Array;
  readonly gas: bigint;
}

const ACCOUNT = privateKeyToAccount(`0x${"01".repeat(32)}`);
const INFERENCE = hexToBytes("0x0000000000000000000000000000000000000999");
const EMPTY_ROOT = hexToBytes("0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
/** Adds one to slot 0. */
const COUNTER_CODE = hexToBytes("0x5f546001015f5500");
/** Counts down from the first word of its input, with a hash of 32 bytes and a product each time; stores the zero at the end. */
const LOOP_CODE = hexToBytes("0x5f355b805f5260205f20508080025060019003806002575f5500");
export const COUNTER: Uint8Array = new Uint8Array(20).fill(0xc0);
export const LOOP: Uint8Array = new Uint8Array(20).fill(0xc1);

/** The question that costs the default model an ordinary call. */
export function inferenceCall(prompt: string): BlockCall {
  return { to: INFERENCE, data: new TextEncoder().encode(prompt), gas: 20_000_000n };
}

export function countCall(): BlockCall {
  return { to: COUNTER, data: new Uint8Array(0), gas: 100_000n };
}

export function loopCall(rounds: number): BlockCall {
  return { to: LOOP, data: hexToBytes(`0x${rounds.toString(16).padStart(64, "0")}`), gas: 20_000_000n };
}

/** Executes the calls in one block on a node's kernel, on a chain with the default model, and records the block's witness. */
export async function witnessedBlock(calls: readonly BlockCall[]): Promise<WitnessedBlock> {
  const model = readDefaultModel();
  const known = new Map<string, Uint8Array>([[bytesToHex(model.root), model.bytes]]);
  const oracle = { preimage: (hash: Uint8Array) => known.get(bytesToHex(hash)), blockHash: () => undefined };
  const config = { ...presetConfig("Shanghai", 1337n)!, inference: { defaultModel: model.root } };
  const kernel = await Kernel.create({ config, oracle });
  const genesis = kernel.genesis({
    header: {
      ...{ parentHash: new Uint8Array(32), coinbase: new Uint8Array(20), difficulty: 0n, number: 0n, gasUsed: 0n },
      ...{ gasLimit: 100_000_000n, timestamp: 0n, extraData: new Uint8Array(0), mixHash: new Uint8Array(32) },
      ...{ nonce: new Uint8Array(8), baseFeePerGas: 1_000_000_000n, withdrawalsRoot: EMPTY_ROOT },
    },
    alloc: [
      [hexToBytes(ACCOUNT.address), { balance: 10n ** 24n }],
      [COUNTER, { code: COUNTER_CODE, nonce: 1n }],
      [LOOP, { code: LOOP_CODE, nonce: 1n }],
    ],
  });
  for (const [hash, bytes] of kernel.commit().preimages) known.set(bytesToHex(hash), bytes);
  known.set(bytesToHex(genesis.hash), kernel.encodeHeader(genesis.header));
  const attributes = {
    timestamp: 12n,
    coinbase: new Uint8Array(20),
    gasLimit: 100_000_000n,
    prevRandao: new Uint8Array(32),
  };
  kernel.beginBlock(genesis.header, genesis.hash, attributes);
  for (const [nonce, call] of calls.entries()) {
    const { invalid } = kernel.execute(await signed(nonce, call)) as { readonly invalid?: unknown };
    if (invalid !== undefined) throw new Error(`transaction ${nonce} is invalid`);
  }
  const { rlp: block, header, hash } = kernel.seal();
  const input = { config, parentHash: genesis.hash, block };
  const { witness } = await recordWitness(oracle, input);
  return { input, witness, stateRoot: header.stateRoot, hash, gasUsed: header.gasUsed };
}

async function signed(nonce: number, { to, data, gas }: BlockCall): Promise<Uint8Array> {
  const raw = await ACCOUNT.signTransaction({
    ...{ chainId: 1337, nonce, gas, to: bytesToHex(to), data: bytesToHex(data) },
    ...{ maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n },
  });
  return hexToBytes(raw);
}
