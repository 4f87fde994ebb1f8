import type { ExecutedTransaction, KernelApi, Log, TransactionOutcome } from "@hyperion/kernel";
import { keccak256, toRlp } from "viem";
import type { FixtureEnvironment } from "../environment.ts";
import { testAttributes, testBlockHash, testParent } from "../environment.ts";
import { rejectedFor } from "../exceptions.ts";
import { toBytes, toHex } from "../hex.ts";
import type { FixtureConfig } from "../network.ts";
import { chainConfig } from "../network.ts";
import type { FixtureState } from "../prestate.ts";
import { allocation, stateDifferences } from "../prestate.ts";
import type { FixtureAuthorization, UnsignedTransaction } from "../signing.ts";
import { signTransaction } from "../signing.ts";
import type { Case, FixtureFile, Suite, SuiteContext, Verdict } from "../suite.ts";
import { jsonCases } from "../suite.ts";

interface StateTest {
  readonly env: FixtureEnvironment;
  readonly pre: FixtureState;
  readonly transaction: FixtureTransaction;
  readonly post: Readonly<Record<string, readonly Post[]>>;
  readonly config?: FixtureConfig;
}

interface FixtureTransaction {
  readonly nonce: string;
  readonly gasLimit: readonly string[];
  readonly to: string;
  readonly value: readonly string[];
  readonly data: readonly string[];
  readonly accessLists?: readonly (UnsignedTransaction["accessList"] | null)[];
  readonly authorizationList?: readonly FixtureAuthorization[];
  readonly blobVersionedHashes?: readonly string[];
  readonly gasPrice?: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
  readonly maxFeePerBlobGas?: string;
  readonly secretKey?: string;
}

interface Post {
  readonly hash: string;
  readonly logs: string;
  readonly txbytes?: string;
  readonly indexes: { readonly data: number; readonly gas: number; readonly value: number };
  readonly expectException?: string;
  readonly state?: FixtureState;
}

/** Ethereum state tests: one transaction onto a pre-state, the state root and the logs hash after it. */
export const stateSuite: Suite = {
  folders: ["eest/state_tests", "state_tests", "GeneralStateTests"],
  extension: ".json",
  cases(file: FixtureFile): Iterable<Case> | undefined {
    const tests = jsonCases<StateTest>(file, (value) => "post" in value && "transaction" in value && "env" in value);
    return tests?.flatMap(([name, test]) => postCases(name, test));
  },
};

function postCases(name: string, test: StateTest): Case[] {
  return Object.entries(test.post).flatMap(([network, posts]) =>
    posts.map((post, index) => ({
      name: `${name} ${network}${posts.length > 1 ? ` #${index}` : ""}`,
      run: (context) => runPost(test, network, post, context),
    })),
  );
}

async function runPost(test: StateTest, network: string, post: Post, context: SuiteContext): Promise<Verdict> {
  const config = chainConfig(network, test.config);
  if (config === undefined) return { skip: `network ${network} is not one Ethereum mainnet went through` };
  const preimages = (await context.states())(testBlockHash);
  const kernel = await context.kernel(config, preimages);
  for (const [address, account] of allocation(test.pre)) kernel.override(address, account);
  // Committed, so that with a small cache the block begins with nothing in memory.
  preimages.addCommit(kernel.commit());
  const parent = testParent(test.env, config);
  // State tests do not make the system calls of the block's beginning.
  kernel.beginBlock(parent, testBlockHash(parent.number), testAttributes(test.env, config), false);
  const raw = toBytes(post.txbytes ?? (await encodeTransaction(test, network, post)));
  const [outcome] = context.options.workers > 0 ? kernel.executeBatch([raw]) : [kernel.execute(raw)];
  return verdict(kernel, outcome!, post);
}

function encodeTransaction(test: StateTest, network: string, post: Post): Promise<string> {
  const { transaction } = test;
  const accessList = transaction.accessLists?.[post.indexes.data];
  const unsigned: UnsignedTransaction = {
    ...transaction,
    gasLimit: transaction.gasLimit[post.indexes.gas]!,
    value: transaction.value[post.indexes.value]!,
    data: transaction.data[post.indexes.data]!,
    ...(accessList && { accessList }),
  };
  const replayProtected = !["Frontier", "Homestead", "EIP150", "TangerineWhistle"].includes(network);
  return signTransaction(unsigned, BigInt(test.config?.chainid ?? 1), transaction.secretKey!, replayProtected);
}

function verdict(kernel: KernelApi, outcome: TransactionOutcome, post: Post): Verdict {
  const { expectException } = post;
  if (outcome.valid && expectException) {
    return { reason: `accepted: ${expectException}`, expected: expectException, actual: outcome.halt };
  }
  if (!outcome.valid && !expectException) {
    return { reason: `rejected: ${outcome.code}`, expected: "a valid transaction", actual: outcome.message };
  }
  const root = toHex(kernel.commit().stateRoot);
  if (root !== post.hash) return rootMismatch(kernel, outcome, post, root);
  if (outcome.valid) return logsMismatch(outcome, post.logs);
  return rejectedFor(expectException!, outcome.code);
}

function rootMismatch(kernel: KernelApi, outcome: TransactionOutcome, post: Post, root: string): Verdict {
  const halt = outcome.valid ? `${outcome.halt}, gas ${outcome.receipt.gasUsed}` : outcome.code;
  const details = [`outcome: ${halt}`, ...stateDifferences(kernel, post.state ?? {})];
  return { reason: "state root", expected: post.hash, actual: root, details };
}

function logsMismatch(outcome: ExecutedTransaction, expected: string): Verdict {
  const actual = logsHash(outcome.receipt.logs);
  if (actual === expected) return undefined;
  const details = outcome.receipt.logs
    .slice(0, 4)
    .map((log) => `${toHex(log.address)} ${log.topics.map(toHex)} ${toHex(log.data)}`);
  return { reason: "logs hash", expected, actual, details };
}

function logsHash(logs: readonly Log[]): string {
  return keccak256(
    toRlp(
      logs.map((log) => [log.address, [...log.topics], log.data]),
      "bytes",
    ),
  );
}
