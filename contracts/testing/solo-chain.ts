import { readFileSync } from "node:fs";
import type { NamedModel } from "@hyperion/inference";
import {
  type AccountOverride,
  type ChainConfig,
  executeStateless,
  Kernel,
  type Log,
  type PreimageOracle,
  presetConfig,
  recordWitness,
} from "@hyperion/kernel";
import { type Abi, bytesToHex, decodeEventLog, type Hex, hexToBytes, pad, parseEther } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { expect } from "vitest";

export interface Artifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
  readonly deployedBytecode: Hex;
}

export interface Sent {
  readonly status: number | undefined;
  readonly gasUsed: bigint;
  readonly output: Hex;
  readonly logs: readonly Log[];
  readonly contract: Hex | undefined;
}

/** A chain of one funded account on the kernel alone. */
export interface SoloChain {
  readonly account: PrivateKeyAccount;
  /**
   * Puts one transaction into a block of its own and expects the stateless program to make the same block from a
   * witness alone. Without `to`, creates a contract.
   */
  send(to: Hex | undefined, data: Hex, value?: bigint): Promise<Sent>;
}

/** A compiled contract, by `folder/Name`. */
export function artifact(name: string): Artifact {
  return JSON.parse(readFileSync(new URL(`../dist/${name}.json`, import.meta.url), "utf8"));
}

/** Decodes logs that are all declared in `abi`. */
export function decodeEvents(abi: Abi, logs: readonly Log[]): unknown[] {
  return logs.map(({ topics, data }) => {
    const words = topics.map((topic) => bytesToHex(topic)) as [Hex, ...Hex[]];
    return decodeEventLog({ abi, topics: words, data: bytesToHex(data) });
  });
}

/** Where the precompile looks for registered models. */
export const MODEL_REGISTRY: Hex = "0x4200000000000000000000000000000000000999";

/** The registry as if it was deployed by `owner`, who is in slot 0. */
const registryAccount = (owner: Hex): AccountOverride => ({
  code: hexToBytes(artifact("ai/ModelRegistry").deployedBytecode),
  state: [[word(), hexToBytes(pad(owner))]],
});

const GAS_LIMIT = 30_000_000n;
const EMPTY_ROOT = hexToBytes("0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
const word = (): Uint8Array => new Uint8Array(32);

/** The first model is the default one; the others must be registered to be called. */
export async function createSoloChain(...models: readonly NamedModel[]): Promise<SoloChain> {
  const [model] = models;
  const config: ChainConfig = { ...presetConfig("Cancun")!, ...(model && { inference: { defaultModel: model.root } }) };
  const account = privateKeyToAccount(`0x${"11".repeat(32)}`);
  const preimages = new Map<string, Uint8Array>(models.map(({ root, bytes }) => [bytesToHex(root), bytes]));
  const oracle: PreimageOracle = { preimage: (hash) => preimages.get(bytesToHex(hash)), blockHash: () => undefined };
  const kernel = await Kernel.create({ config, oracle });
  let nonce = 0;
  let head = kernel.genesis({
    header: {
      ...{ parentHash: word(), coinbase: new Uint8Array(20), difficulty: 0n, number: 0n, gasUsed: 0n, timestamp: 1n },
      ...{ gasLimit: GAS_LIMIT, extraData: new Uint8Array(0), mixHash: word(), nonce: new Uint8Array(8) },
      ...{ baseFeePerGas: 1_000_000_000n, blobGasUsed: 0n, excessBlobGas: 0n, withdrawalsRoot: EMPTY_ROOT },
      parentBeaconBlockRoot: word(),
    },
    alloc: [
      [hexToBytes(account.address), { balance: parseEther("1000") }],
      [hexToBytes(MODEL_REGISTRY), registryAccount(account.address)],
    ],
  });
  const persist = (): void => {
    for (const [hash, bytes] of kernel.commit().preimages) preimages.set(bytesToHex(hash), bytes);
  };
  persist();

  return {
    account,
    async send(to, data, value = 0n) {
      const fees = { chainId: Number(config.chainId), maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
      const signed = await account.signTransaction({ ...fees, to, data, value, nonce: nonce++, gas: GAS_LIMIT / 2n });
      const parent = head;
      kernel.beginBlock(parent.header, parent.hash, {
        ...{ timestamp: parent.header.timestamp + 1n, coinbase: new Uint8Array(20), gasLimit: GAS_LIMIT },
        ...{ prevRandao: word(), parentBeaconBlockRoot: word(), withdrawals: [] },
      });
      const outcome = kernel.execute(hexToBytes(signed));
      if (!outcome.valid) throw new Error(outcome.message);
      head = kernel.seal();
      persist();
      preimages.set(bytesToHex(parent.hash), kernel.encodeHeader(parent.header));
      const input = { config, parentHash: parent.hash, block: head.rlp };
      const { witness } = await recordWitness((hash) => oracle.preimage(hash), input);
      const { hash, header } = head;
      expect(await executeStateless(witness, input)).toMatchObject({ valid: true, hash, root: header.stateRoot });
      const { status, gasUsed, logs, contractAddress } = outcome.receipt;
      const contract = contractAddress && bytesToHex(contractAddress);
      return { status, gasUsed, logs, output: bytesToHex(outcome.output), contract };
    },
  };
}
