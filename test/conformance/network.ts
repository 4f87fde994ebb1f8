import type { BlobParameters, ChainConfig, ForkActivation, ForkName } from "@hyperion/kernel";
import { FORKS } from "@hyperion/kernel";
import { toBigInt } from "./hex.ts";

export interface FixtureBlobParameters {
  readonly target: string | number;
  readonly max: string | number;
  readonly baseFeeUpdateFraction: string | number;
}

export interface FixtureConfig {
  readonly chainid?: string;
  readonly blobSchedule?: Readonly<Record<string, FixtureBlobParameters>>;
}

/** Fixture network names by the kernel's fork; the difficulty-bomb forks change no rule a test can see. */
const FORK_BY_NETWORK: Readonly<Record<string, ForkName>> = {
  Frontier: "frontier",
  Homestead: "homestead",
  EIP150: "tangerineWhistle",
  TangerineWhistle: "tangerineWhistle",
  EIP158: "spuriousDragon",
  SpuriousDragon: "spuriousDragon",
  Byzantium: "byzantium",
  Constantinople: "constantinople",
  ConstantinopleFix: "petersburg",
  Petersburg: "petersburg",
  Istanbul: "istanbul",
  MuirGlacier: "istanbul",
  Berlin: "berlin",
  London: "london",
  ArrowGlacier: "london",
  GrayGlacier: "london",
  Merge: "paris",
  Paris: "paris",
  Shanghai: "shanghai",
  Cancun: "cancun",
  Prague: "prague",
  Osaka: "osaka",
  BPO1: "osaka",
  BPO2: "osaka",
  BPO3: "osaka",
  BPO4: "osaka",
  BPO5: "osaka",
};

/** EIP-7840 and EIP-7892 values of Ethereum mainnet, for fixtures that carry none. */
const MAINNET_BLOBS: Readonly<Record<string, FixtureBlobParameters>> = {
  Cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3338477 },
  Prague: { target: 6, max: 9, baseFeeUpdateFraction: 5007716 },
  Osaka: { target: 6, max: 9, baseFeeUpdateFraction: 5007716 },
  BPO1: { target: 10, max: 15, baseFeeUpdateFraction: 8346193 },
  BPO2: { target: 14, max: 21, baseFeeUpdateFraction: 11684671 },
};

interface Stage {
  readonly network: string;
  readonly block?: bigint;
  readonly timestamp?: bigint;
}

/** The fork a single network stands for. */
export function forkOf(network: string): ForkName | undefined {
  return FORK_BY_NETWORK[network];
}

/** The chain a fixture runs on: a single network or a transition such as `CancunToPragueAtTime15k` or `BerlinToLondonAt5`. */
export function chainConfig(network: string, config: FixtureConfig = {}): ChainConfig | undefined {
  const stages = stagesOf(network);
  if (stages === undefined) return undefined;
  return {
    chainId: toBigInt(config.chainid ?? 1),
    forks: FORKS.flatMap((fork) => activation(fork, stages) ?? []),
    blobSchedule: stages.flatMap((stage) => blobParameters(stage, config) ?? []),
  };
}

function stagesOf(network: string): Stage[] | undefined {
  const transition = /^(\w+?)To(\w+?)At(Time)?(\d+)(k?)$/.exec(network);
  const names = transition ? [transition[1]!, transition[2]!] : [network];
  if (names.some((name) => FORK_BY_NETWORK[name] === undefined)) return undefined;
  const first: Stage = { network: names[0]!, block: 0n, timestamp: 0n };
  if (transition === null) return [first];
  const at = BigInt(transition[4]!) * (transition[5] === "k" ? 1000n : 1n);
  return [first, { network: names[1]!, ...(transition[3] ? { timestamp: at } : { block: at }) }];
}

function activation(fork: ForkName, stages: readonly Stage[]): ForkActivation | undefined {
  const index = FORKS.indexOf(fork);
  const stage = stages.find(({ network }) => index <= FORKS.indexOf(FORK_BY_NETWORK[network]!));
  if (stage === undefined) return undefined;
  if (index < FORKS.indexOf("shanghai")) return { fork, block: stage.block ?? 0n };
  return { fork, timestamp: stage.timestamp ?? 0n };
}

function blobParameters(stage: Stage, config: FixtureConfig): BlobParameters | undefined {
  const given = config.blobSchedule?.[stage.network] ?? MAINNET_BLOBS[stage.network];
  if (given === undefined) return undefined;
  return {
    timestamp: stage.timestamp ?? 0n,
    target: Number(given.target),
    max: Number(given.max),
    baseFeeUpdateFraction: toBigInt(given.baseFeeUpdateFraction),
  };
}
