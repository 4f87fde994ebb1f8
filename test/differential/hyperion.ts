import type { KernelApi } from "@hyperion/kernel";
import { Kernel } from "@hyperion/kernel";
import type { FixtureEnvironment } from "../conformance/environment.ts";
import { testAttributes, testBlockHash, testParent } from "../conformance/environment.ts";
import { EMPTY_TRIE_ROOT, toHex, toWord } from "../conformance/hex.ts";
import { chainConfig } from "../conformance/network.ts";
import { Preimages } from "../conformance/preimages.ts";
import { FUZZ_BLOCK } from "./block.ts";
import type { Outcome } from "./outcome.ts";
import { executionGas, intrinsicGas } from "./outcome.ts";
import type { FuzzedFork, Scenario } from "./scenario.ts";
import { SENDER } from "./scenario.ts";

const ENVIRONMENT: FixtureEnvironment = {
  currentCoinbase: toHex(FUZZ_BLOCK.coinbase),
  currentGasLimit: `0x${FUZZ_BLOCK.gasLimit.toString(16)}`,
  currentNumber: `0x${FUZZ_BLOCK.number.toString(16)}`,
  currentTimestamp: `0x${FUZZ_BLOCK.timestamp.toString(16)}`,
  currentDifficulty: `0x${FUZZ_BLOCK.difficulty.toString(16)}`,
  currentRandom: toHex(FUZZ_BLOCK.prevRandao),
  currentBaseFee: "0x00",
  currentExcessBlobGas: "0x00",
};

const kernels = new Map<FuzzedFork, Promise<KernelApi>>();

/** Runs the scenario on the kernel, one instance per fork. */
export async function runOnHyperion(scenario: Scenario): Promise<Outcome> {
  const config = chainConfig(scenario.fork)!;
  const known =
    kernels.get(scenario.fork) ?? Kernel.create({ config, oracle: new Preimages(testBlockHash), cacheBytes: 2 ** 26 });
  kernels.set(scenario.fork, known);
  const kernel = await known;
  kernel.open(EMPTY_TRIE_ROOT);
  const parent = testParent(ENVIRONMENT, config);
  kernel.beginBlock(parent, testBlockHash(parent.number), testAttributes(ENVIRONMENT, config));
  kernel.override(SENDER, { balance: 10n ** 18n });
  for (const { address, balance, nonce, code, storage } of scenario.accounts) {
    const state = storage
      .filter(([, value]) => value !== 0n)
      .map(([slot, value]) => [toWord(BigInt(slot)), toWord(value)] as const);
    kernel.override(address, { balance, nonce, code, state });
  }
  const outcome = kernel.call(
    {
      from: SENDER,
      to: scenario.accounts[0]!.address,
      data: scenario.data,
      value: scenario.value,
      gas: intrinsicGas(scenario) + executionGas(scenario),
      gasPrice: 0n,
    },
    { keep: true },
  );
  if (!outcome.valid) throw new Error(`the kernel refused the message: ${outcome.message}`);
  return {
    success: outcome.halt === "success",
    output: toHex(outcome.output),
    gasUsed: outcome.gasUsed,
    logs: outcome.logs.map(({ address, topics, data }) => [address, ...topics, data].map(toHex).join(" ")),
    stateRoot: toHex(kernel.commit().stateRoot),
  };
}
