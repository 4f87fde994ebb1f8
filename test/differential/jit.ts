import { FORKS, type ForkName, Kernel, OPCODES } from "@hyperion/kernel";
import { EagerCompiler } from "@hyperion/metisvm";
import type { FixtureEnvironment } from "../conformance/environment.ts";
import { testAttributes, testBlockHash, testParent } from "../conformance/environment.ts";
import { EMPTY_TRIE_ROOT, toHex, toWord } from "../conformance/hex.ts";
import { chainConfig } from "../conformance/network.ts";
import { Preimages } from "../conformance/preimages.ts";
import { runOnEthereumjs } from "./ethereumjs.ts";
import { generateProgram } from "./generated-program.ts";
import { runOnHyperion } from "./hyperion.ts";
import { outcomeDifferences } from "./outcome.ts";
import { Random } from "./random.ts";
import { FUZZED_FORKS, type FuzzedFork, type Scenario } from "./scenario.ts";

const SENDER = new Uint8Array(20).fill(0x5e);
const CONTRACTS = [0xa1, 0xb2, 0xc3].map((byte) => new Uint8Array(20).fill(byte));
const ENVIRONMENT: FixtureEnvironment = {
  currentCoinbase: `0x${"cb".repeat(20)}`,
  currentGasLimit: "0x1c9c380",
  currentNumber: "0x28",
  currentTimestamp: "0x6553f100",
  currentDifficulty: "0x20000",
  currentRandom: `0x${"77".repeat(32)}`,
  currentBaseFee: "0x00",
  currentExcessBlobGas: "0x00",
};
const WAYS = ["interpreter", "simple", "window"] as const;
type Way = (typeof WAYS)[number];

/** Contracts that call each other, and the messages that are sent to the first. */
export interface Contest {
  readonly fork: FuzzedFork;
  readonly codes: readonly Uint8Array[];
  readonly seed: number;
}

const kernels = new Map<string, Promise<Kernel>>();

function kernelOf(way: Way, fork: FuzzedFork): Promise<Kernel> {
  const key = `${way} ${fork}`;
  const known =
    kernels.get(key) ??
    Kernel.create({
      config: chainConfig(fork)!,
      oracle: new Preimages(testBlockHash),
      cacheBytes: 2 ** 26,
      ...(way !== "interpreter" && { compiler: new EagerCompiler(way) }),
    });
  kernels.set(key, known);
  return known;
}

/** Three generated programs under the rules of some fork, mostly a new one. */
export function generateContest(seed: number): Contest {
  const random = new Random(seed);
  const fork = random.chance(3) ? random.pick(FUZZED_FORKS) : random.pick(["Prague", "Osaka"] as const);
  const codes = CONTRACTS.map(() =>
    generateProgram(random, { contracts: CONTRACTS, defines: (op) => defines(fork, op) }),
  );
  return { fork, codes, seed };
}

function defines(fork: FuzzedFork, op: number): boolean {
  const introduced = OPCODES[op]?.introduced;
  return introduced !== undefined && FORKS.indexOf(introduced) <= FORKS.indexOf(forkName(fork));
}

function forkName(fork: FuzzedFork): ForkName {
  return fork.toLowerCase() as ForkName;
}

/** Bytes of a real contract, some of them changed, called by itself and by generated code. */
export function mutateContest(seed: number, contracts: readonly Uint8Array[]): Contest {
  const random = new Random(seed);
  const code = random.pick(contracts).slice();
  for (let i = random.below(6); i > 0; i--) code[random.below(code.length)] = random.below(256);
  return { fork: random.pick(["London", "Cancun", "Prague", "Osaka"]), codes: [code, code], seed };
}

/** Sends `executions` messages to the contracts on every kernel; returns the first difference, or undefined. */
export async function runContest(contest: Contest, executions: number): Promise<string | undefined> {
  const open: Kernel[] = [];
  for (const way of WAYS) open.push(await opened(way, contest));
  const random = new Random(contest.seed ^ 0x5eed);
  let ample = 0n;
  for (let i = 0; i < executions; i++) {
    // First with ample gas, then with so little that it ends at any point on the way.
    const gas = i === 0 || ample === 0n || i % 8 === 0 ? 400_000n : 21_000n + BigInt(random.below(Number(ample) + 200));
    const data = messageData(random);
    const outcomes = open.map((kernel) => execute(kernel, data, gas, BigInt(i % 3)));
    if (gas === 400_000n) ample = BigInt(outcomes[0]!.spent);
    const different = outcomes.findIndex(({ text }) => text !== outcomes[0]!.text);
    if (different > 0) {
      const codes = contest.codes.map((code) => toHex(code)).join("\n");
      return `seed ${contest.seed}, ${contest.fork}, data ${toHex(data)}, gas ${gas}\n${codes}\n${WAYS[0]}: ${outcomes[0]!.text}\n${WAYS[different]}: ${outcomes[different]!.text}`;
    }
  }
  return undefined;
}

/** The contest's contracts on the interpreter and on `@ethereumjs/evm`, lest all three are wrong alike. */
export async function runOnThird({ fork, codes, seed }: Contest): Promise<string | undefined> {
  const random = new Random(seed);
  const accounts = codes.map((code, i) => ({ address: CONTRACTS[i]!, balance: 1000n, nonce: 1n, code, storage: [] }));
  const scenario: Scenario = { fork, accounts, data: messageData(random), value: 1n, gas: 300_000n };
  const differences = outcomeDifferences(await runOnEthereumjs(scenario), await runOnHyperion(scenario));
  return differences.length > 0 ? `seed ${seed}, ${fork}\n${differences.join("\n")}` : undefined;
}

function messageData(random: Random): Uint8Array {
  const data = random.chance(4) ? random.bytes(random.below(100)) : new Uint8Array(4 + 32 * random.below(4));
  if (data.length >= 4) data.set([0, 0, 0, random.below(6)]);
  return data;
}

async function opened(way: Way, { fork, codes }: Contest): Promise<Kernel> {
  const kernel = await kernelOf(way, fork);
  kernel.open(EMPTY_TRIE_ROOT);
  const parent = testParent(ENVIRONMENT, chainConfig(fork)!);
  kernel.beginBlock(parent, testBlockHash(parent.number), testAttributes(ENVIRONMENT, chainConfig(fork)!));
  kernel.override(SENDER, { balance: 10n ** 18n });
  codes.forEach((code, i) => {
    const state = [1n, 2n, 2n ** 200n].map((value, slot) => [toWord(BigInt(slot)), toWord(value)] as const);
    kernel.override(CONTRACTS[i]!, { balance: 1000n, nonce: 1n, code, state });
  });
  return kernel;
}

function execute(kernel: Kernel, data: Uint8Array, gas: bigint, value: bigint): { text: string; spent: number } {
  const mark = kernel.checkpoint();
  const outcome = kernel.call({ from: SENDER, to: CONTRACTS[0]!, data, value, gas, gasPrice: 0n }, { keep: true });
  if (!outcome.valid) {
    kernel.rollback(mark);
    return { text: outcome.message, spent: 0 };
  }
  const { halt, gasUsed, gasUsedBeforeRefund, output, logs } = outcome;
  const written = logs.map(({ address, topics, data: bytes }) => [address, ...topics, bytes].map(toHex).join(" "));
  const text = [halt, gasUsed, gasUsedBeforeRefund, toHex(output), ...written, toHex(kernel.stateRoot())].join(", ");
  kernel.rollback(mark);
  return { text, spent: Number(gasUsedBeforeRefund) - 21_000 };
}
