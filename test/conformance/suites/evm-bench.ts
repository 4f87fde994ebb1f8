import type { KernelApi } from "@hyperion/kernel";
import type { FixtureEnvironment } from "../environment.ts";
import { testAttributes, testBlockHash, testParent } from "../environment.ts";
import { toBigInt, toBytes, toHex } from "../hex.ts";
import { chainConfig } from "../network.ts";
import { Preimages } from "../preimages.ts";
import type { FixtureState } from "../prestate.ts";
import { allocation, stateDifferences } from "../prestate.ts";
import type { Case, FixtureFile, Suite, SuiteContext, Verdict } from "../suite.ts";
import { jsonCases } from "../suite.ts";
import { stateSuite } from "./state.ts";

export interface EvmBenchTest {
  readonly env: FixtureEnvironment;
  readonly pre: FixtureState;
  readonly transaction: readonly EvmBenchTransaction[];
  readonly post?: FixtureState;
}

export interface EvmBenchTransaction {
  readonly sender: string;
  readonly to: string;
  readonly data: string;
  readonly value: string;
  readonly gasLimit: string;
}

/** Prague: the newest rules without EIP-7825's cap on a transaction's gas, which these transactions exceed. */
const NETWORK = "Prague";

/** Contracts used to compare EVMs: each call succeeds and, where the file says so, leaves the given state. */
export const evmBenchSuite: Suite = {
  folders: ["evm-bench"],
  extension: ".json",
  cases(file: FixtureFile): Iterable<Case> | undefined {
    const tests = jsonCases<EvmBenchTest>(file, (value) => Array.isArray(value.transaction) && "pre" in value);
    // A file in the state tests' own format brings its fork and its expected root.
    if (tests === undefined) return stateSuite.cases(file);
    return tests.map(([name, test]) => ({ name, run: (context) => runTest(test, context) }));
  },
};

async function runTest(test: EvmBenchTest, context: SuiteContext): Promise<Verdict> {
  const config = chainConfig(NETWORK)!;
  const kernel = await context.kernel(config, new Preimages(testBlockHash));
  openBenchBlock(kernel, test);
  for (const transaction of test.transaction) {
    const outcome = kernel.call(benchRequest(transaction), { keep: true });
    if (!outcome.valid) return { reason: `rejected: ${outcome.code}`, expected: "success", actual: outcome.message };
    if (outcome.halt !== "success") {
      const actual = `${outcome.halt} after ${outcome.gasUsed} gas, output ${toHex(outcome.output.subarray(0, 68))}`;
      return { reason: `halted: ${outcome.halt}`, expected: "success", actual };
    }
  }
  const differences = stateDifferences(kernel, test.post ?? {});
  if (differences.length === 0) return undefined;
  return { reason: "post state", expected: "the fixture's post", actual: differences[0]!, details: differences };
}

export function openBenchBlock(kernel: KernelApi, test: EvmBenchTest): void {
  const config = chainConfig(NETWORK)!;
  const parent = testParent(test.env, config);
  kernel.beginBlock(parent, testBlockHash(parent.number), testAttributes(test.env, config));
  for (const [address, account] of allocation(test.pre)) kernel.override(address, account);
}

export function benchRequest(transaction: EvmBenchTransaction): Parameters<KernelApi["call"]>[0] {
  return {
    from: toBytes(transaction.sender),
    to: toBytes(transaction.to),
    data: toBytes(transaction.data),
    value: toBigInt(transaction.value),
    gas: toBigInt(transaction.gasLimit),
  };
}
