import type { Transaction } from "@hyperion/kernel";
import { testBlockHash } from "../environment.ts";
import { rejectedFor } from "../exceptions.ts";
import { toBigInt, toBytes, toHex } from "../hex.ts";
import { chainConfig, forkOf } from "../network.ts";
import { Preimages } from "../preimages.ts";
import type { Case, FixtureFile, Suite, SuiteContext, Verdict } from "../suite.ts";
import { jsonCases } from "../suite.ts";

interface TransactionTest {
  readonly txbytes: string;
  readonly result: Readonly<Record<string, Expectation>>;
}

interface Expectation {
  readonly exception?: string;
  readonly hash?: string;
  readonly sender?: string;
  readonly intrinsicGas?: string;
}

/** Ethereum transaction tests: an encoded transaction is accepted or rejected per fork, with its hash, sender and intrinsic gas. */
export const transactionSuite: Suite = {
  folders: ["TransactionTests", "transaction_tests"],
  extension: ".json",
  cases(file: FixtureFile): Iterable<Case> | undefined {
    const tests = jsonCases<TransactionTest>(file, (value) => "txbytes" in value && "result" in value);
    return tests?.flatMap(([name, test]) =>
      Object.entries(test.result).map(([network, expectation]) => ({
        name: `${name} ${network}`,
        run: (context: SuiteContext) => runTransaction(test, network, expectation, context),
      })),
    );
  },
};

async function runTransaction(
  test: TransactionTest,
  network: string,
  expectation: Expectation,
  context: SuiteContext,
): Promise<Verdict> {
  const fork = forkOf(network);
  if (fork === undefined) return { skip: `network ${network} is not one Ethereum mainnet went through` };
  const kernel = await context.kernel(chainConfig(network)!, new Preimages(testBlockHash));
  const checked = kernel.checkTransaction(toBytes(test.txbytes), fork);
  if (!checked.valid) {
    if (expectation.exception !== undefined) return rejectedFor(expectation.exception, checked.code);
    const expected = `accepted, sender ${expectation.sender}`;
    return { reason: `rejected: ${checked.code}`, expected, actual: checked.message };
  }
  const { hash, from } = checked.transaction;
  const actual = { hash: toHex(hash), sender: toHex(from), intrinsicGas: checked.intrinsicGas };
  if (expectation.exception !== undefined) {
    if (!affordable(checked.transaction)) return rejectedFor(expectation.exception, "INSUFFICIENT_FUNDS");
    const reason = `accepted: ${expectation.exception}`;
    return { reason, expected: expectation.exception, actual: `accepted, sender ${actual.sender}` };
  }
  const expected = {
    hash: expectation.hash!,
    sender: expectation.sender!.toLowerCase(),
    intrinsicGas: toBigInt(expectation.intrinsicGas!),
  };
  const field = (["hash", "sender", "intrinsicGas"] as const).find((name) => expected[name] !== actual[name]);
  return field && { reason: field, expected: `${expected[field]}`, actual: `${actual[field]}` };
}

/** Whether the largest possible balance buys the gas: if not, the rule on the sender's funds refuses it in every state. */
function affordable({ gasLimit, gasPrice, maxFeePerGas }: Transaction): boolean {
  return gasLimit * (maxFeePerGas ?? gasPrice ?? 0n) < 2n ** 256n;
}
