import type { CallRequest, Log } from "@hyperion/kernel";
import { testAttributes, testParent } from "../environment.ts";
import { equalBytes, toBigInt, toBytes, toHex } from "../hex.ts";
import { chainConfig } from "../network.ts";
import { Preimages } from "../preimages.ts";
import type { FixtureState } from "../prestate.ts";
import { allocation } from "../prestate.ts";
import type { Case, FixtureFile, Mismatch, Suite, SuiteContext, Verdict } from "../suite.ts";
import { jsonCases } from "../suite.ts";

type Quantity = string | number;

interface MainnetBlock {
  readonly env: {
    readonly block_number: Quantity;
    readonly current_coinbase: string;
    readonly current_gas_limit: Quantity;
    readonly current_timestamp: Quantity;
    readonly previous_hash: string;
    readonly base_fee_per_gas: Quantity;
    readonly mix_hash: string;
  };
  /** Keyed from 1. */
  readonly transactions: Readonly<Record<string, MainnetTransaction>>;
  /** Keyed from 0: transaction, then position within the transaction. */
  readonly logs: Readonly<Record<string, Readonly<Record<string, FixtureLog>>>>;
  readonly block_hashes?: Readonly<Record<string, string>>;
  readonly pre: FixtureState;
}

interface MainnetTransaction {
  readonly sender: string;
  readonly to?: string;
  readonly data: string;
  readonly value: Quantity;
  readonly nonce: Quantity;
  readonly gas_limit: Quantity;
  readonly gas_price: Quantity;
  readonly max_fee_per_gas?: Quantity | null;
  readonly max_priority_fee_per_gas?: Quantity | null;
  readonly access_list?: readonly { readonly address: string; readonly storageKeys: readonly string[] }[];
}

interface FixtureLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

/** Ethereum mainnet blocks under Shanghai rules: every transaction in order, every log at its position. */
export const mainnetSuite: Suite = {
  folders: ["mainnet"],
  extension: ".json",
  cases(file: FixtureFile): Iterable<Case> | undefined {
    const blocks = jsonCases<MainnetBlock>(
      file,
      (value) => "transactions" in value && "logs" in value && "pre" in value,
    );
    return blocks?.map(([, block]) => ({
      name: `block ${toBigInt(block.env.block_number)}`,
      run: (context) => runBlock(block, context),
    }));
  },
};

async function runBlock(block: MainnetBlock, context: SuiteContext): Promise<Verdict> {
  const config = chainConfig("Shanghai")!;
  const hashes = block.block_hashes ?? {};
  const oracle = new Preimages((number) =>
    hashes[`${number}`] === undefined ? undefined : toBytes(hashes[`${number}`]!),
  );
  const kernel = await context.kernel(config, oracle);
  const env = environment(block.env);
  kernel.beginBlock(testParent(env, config), toBytes(block.env.previous_hash), testAttributes(env, config));
  for (const [address, account] of allocation(block.pre)) kernel.override(address, account);
  const count = Object.keys(block.transactions).length;
  for (let index = 0; index < count; index++) {
    const transaction = block.transactions[`${index + 1}`]!;
    const outcome = kernel.call(request(transaction), { validate: true, keep: true });
    if (!outcome.valid) {
      return { reason: `rejected: ${outcome.code}`, expected: `transaction ${index} valid`, actual: outcome.message };
    }
    const mismatch = logsMismatch(index, sortedByIndex(block.logs[`${index}`] ?? {}), outcome.logs);
    if (mismatch !== undefined) return { ...mismatch, details: [`outcome: ${outcome.halt}, gas ${outcome.gasUsed}`] };
  }
  return undefined;
}

function environment(env: MainnetBlock["env"]): Parameters<typeof testAttributes>[0] {
  const hex = (value: Quantity): string => `0x${toBigInt(value).toString(16)}`;
  return {
    currentCoinbase: env.current_coinbase,
    currentGasLimit: hex(env.current_gas_limit),
    currentNumber: hex(env.block_number),
    currentTimestamp: hex(env.current_timestamp),
    currentBaseFee: hex(env.base_fee_per_gas),
    currentRandom: env.mix_hash,
  };
}

function request(transaction: MainnetTransaction): CallRequest {
  return {
    from: toBytes(transaction.sender),
    ...(transaction.to && { to: toBytes(transaction.to) }),
    gas: toBigInt(transaction.gas_limit),
    value: toBigInt(transaction.value),
    data: toBytes(transaction.data),
    nonce: toBigInt(transaction.nonce),
    ...fees(transaction),
    ...(transaction.access_list && {
      accessList: transaction.access_list.map((item) => ({
        address: toBytes(item.address),
        storageKeys: item.storageKeys.map(toBytes),
      })),
    }),
  };
}

/** The files write legacy transactions with a priority fee of zero or none at all. */
function fees(
  transaction: MainnetTransaction,
): Pick<CallRequest, "gasPrice" | "maxFeePerGas" | "maxPriorityFeePerGas"> {
  const priority = toBigInt(transaction.max_priority_fee_per_gas ?? 0);
  if (priority === 0n) return { gasPrice: toBigInt(transaction.gas_price) };
  return { maxFeePerGas: toBigInt(transaction.max_fee_per_gas ?? 0), maxPriorityFeePerGas: priority };
}

function sortedByIndex<T>(record: Readonly<Record<string, T>>): T[] {
  return Object.entries(record)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, value]) => value);
}

function logsMismatch(index: number, expected: readonly FixtureLog[], actual: readonly Log[]): Mismatch | undefined {
  if (expected.length !== actual.length) {
    return {
      reason: "log count",
      expected: `${expected.length} logs of transaction ${index}`,
      actual: `${actual.length}`,
    };
  }
  for (const [position, log] of expected.entries()) {
    const want = `${log.address} [${log.topics}] ${log.data}`;
    const got = actual[position]!;
    const same =
      equalBytes(got.address, toBytes(log.address)) &&
      equalBytes(got.data, toBytes(log.data)) &&
      got.topics.length === log.topics.length &&
      got.topics.every((topic, i) => equalBytes(topic, toBytes(log.topics[i]!)));
    if (!same) {
      const text = `${toHex(got.address)} [${got.topics.map(toHex)}] ${toHex(got.data)}`;
      return { reason: "log", expected: `transaction ${index}, log ${position}: ${want}`, actual: text };
    }
  }
  return undefined;
}
