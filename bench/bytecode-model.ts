import { EagerCompiler } from "@hyperion/metisvm";
import { decodeAbiParameters, type Hex, keccak256, pad, parseAbiParameters, toHex } from "viem";
import { type Engine, hyperionEngine } from "./engines.ts";
import { type Measured, measure } from "./evm.ts";
import { fixtureWorkloads } from "./fixture-workloads.ts";
import type { Workload } from "./workloads.ts";

/** What a language model written in EVM bytecode does in one call, and how fast the kernel runs it. */
export interface BytecodeModel {
  readonly weights: number;
  /** Tokens that pass through the model: the prompt's, and those generated but for the last. */
  readonly positions: number;
  readonly gas: bigint;
  /** Positions per second of CPU, by the way the bytecode is run. */
  readonly speeds: Readonly<Record<"interpreted" | "compiled", number>>;
}

const NAME = "onchain_lm_v2";
const GENERATE = parseAbiParameters("uint256[] prompt, uint256 tokens, uint256 temperature, uint256 seed");

/** Measures the model of the `evm-bench` fixtures; `undefined` where there are none. */
export async function measureBytecodeModel(
  rounds: number,
  log: (line: string) => void,
): Promise<BytecodeModel | undefined> {
  const workload = fixtureWorkloads(log).find(({ name }) => name === NAME);
  if (workload === undefined) return undefined;
  log("measuring the model in EVM bytecode");
  const [prompt, tokens] = decodeAbiParameters(GENERATE, `0x${workload.data.slice(10)}`);
  const positions = prompt.length + Number(tokens) - 1;
  const interpreted = await measured(await hyperionEngine(), workload, rounds);
  const compiled = await measured(await hyperionEngine("Prague", new EagerCompiler("window")), workload, rounds);
  const speed = ({ gas, speed }: Measured): number => (positions * speed * 1e6) / Number(gas);
  return {
    ...{ weights: weightsOf(workload), positions, gas: interpreted.gas },
    speeds: { interpreted: speed(interpreted), compiled: speed(compiled) },
  };
}

async function measured(engine: Engine, workload: Workload, rounds: number): Promise<Measured> {
  await engine.prepare(workload);
  for (let call = 0; call < 3; call++) {
    await engine.run(workload, 1n);
    // Optimised code is put in place between turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return measure(engine, workload, 1n, rounds);
}

/** One byte each, as the code, behind a STOP, of the contracts in the array at the model's slot 0. */
function weightsOf({ to, accounts }: Workload): number {
  const codeLengths = new Map(accounts.map(({ address, code }) => [BigInt(address), code.length / 2 - 1]));
  const storage = new Map(
    Object.entries(accounts.find(({ address }) => address.toLowerCase() === to.toLowerCase())!.storage).map(
      ([slot, value]) => [BigInt(slot), BigInt(value)],
    ),
  );
  const first = BigInt(keccak256(pad(toHex(0), { size: 32 }) as Hex));
  let weights = 0;
  for (let i = 0n; i < storage.get(0n)!; i++) weights += codeLengths.get(storage.get(first + i)!)! - 1;
  return weights;
}
