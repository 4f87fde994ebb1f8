import type { ChainConfig, KernelApi, Transaction } from "@hyperion/kernel";
import type { FixtureEnvironment } from "../environment.ts";
import { testAttributes, testBlockHash, testParent } from "../environment.ts";
import { rejectedFor } from "../exceptions.ts";
import { toBigInt, toBytes, toHex } from "../hex.ts";
import { chainConfig } from "../network.ts";
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

/** A block with room for any transaction, so that only the transaction itself can be at fault. */
const SPACIOUS: FixtureEnvironment = {
  currentCoinbase: "0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba",
  currentGasLimit: "0x7fffffffffffffff",
  currentNumber: "0x01",
  currentTimestamp: "0x01",
  currentBaseFee: "0x00",
};

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
  const config = chainConfig(network);
  if (config === undefined) return { skip: `network ${network} is not one Ethereum mainnet went through` };
  const kernel = await context.kernel(config, new Preimages(testBlockHash));
  const raw = toBytes(test.txbytes);
  const decoded = kernel.decodeTransaction(raw);
  if ("valid" in decoded) return compareRejection(expectation, decoded.code, decoded.message);
  openSpaciousBlock(kernel, config, decoded);
  const outcome = kernel.execute(raw);
  if (!outcome.valid) return compareRejection(expectation, outcome.code, outcome.message);
  if (expectation.exception !== undefined) {
    return { reason: `accepted: ${expectation.exception}`, expected: expectation.exception, actual: outcome.halt };
  }
  if (toHex(outcome.hash) !== expectation.hash) {
    return { reason: "hash", expected: expectation.hash!, actual: toHex(outcome.hash) };
  }
  if (toHex(outcome.from) !== expectation.sender?.toLowerCase()) {
    return { reason: "sender", expected: expectation.sender!, actual: toHex(outcome.from) };
  }
  openSpaciousBlock(kernel, config, decoded);
  return intrinsicGasMismatch(kernel, decoded, toBigInt(expectation.intrinsicGas!));
}

function openSpaciousBlock(kernel: KernelApi, config: ChainConfig, transaction: Transaction): void {
  kernel.open(testParent(SPACIOUS, config).stateRoot);
  const parent = testParent(SPACIOUS, config);
  kernel.beginBlock(parent, testBlockHash(parent.number), testAttributes(SPACIOUS, config));
  kernel.override(transaction.from, { balance: 2n ** 256n - 1n, nonce: transaction.nonce });
}

function compareRejection(expectation: Expectation, code: string, message: string): Verdict {
  if (expectation.exception !== undefined) return rejectedFor(expectation.exception, code);
  return { reason: `rejected: ${code}`, expected: `accepted, sender ${expectation.sender}`, actual: message };
}

/** The intrinsic gas is the smallest gas limit with which the same message is valid. */
function intrinsicGasMismatch(kernel: KernelApi, transaction: Transaction, expected: bigint): Verdict {
  const accepts = (gas: bigint): boolean => {
    const { from, to, value, data, accessList, nonce } = transaction;
    const request = {
      from,
      value,
      data,
      nonce,
      gas,
      gasPrice: 0n,
      ...(to && { to }),
      ...(accessList && { accessList }),
    };
    return kernel.call(request, { validate: true }).valid;
  };
  if (accepts(expected) && !accepts(expected - 1n)) return undefined;
  return {
    reason: "intrinsic gas",
    expected: `${expected}`,
    actual: accepts(expected) ? `less than ${expected}` : `more than ${expected}`,
  };
}
