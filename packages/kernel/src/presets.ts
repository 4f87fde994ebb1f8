import { type BlobParameters, type ChainConfig, FORKS, type ForkActivation, type ForkName } from "./types.ts";

type BlobLimits = Omit<BlobParameters, "timestamp">;

/** Mainnet's forks and the blob-parameter-only forks after them, under the names that Ethereum's test suites use. */
const NETWORKS: Readonly<Record<string, { readonly fork: ForkName; readonly blob?: BlobLimits }>> = {
  Frontier: { fork: "frontier" },
  Homestead: { fork: "homestead" },
  EIP150: { fork: "tangerineWhistle" },
  EIP158: { fork: "spuriousDragon" },
  Byzantium: { fork: "byzantium" },
  Constantinople: { fork: "constantinople" },
  ConstantinopleFix: { fork: "petersburg" },
  Petersburg: { fork: "petersburg" },
  Istanbul: { fork: "istanbul" },
  Berlin: { fork: "berlin" },
  London: { fork: "london" },
  Merge: { fork: "paris" },
  Paris: { fork: "paris" },
  Shanghai: { fork: "shanghai" },
  Cancun: { fork: "cancun", blob: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477n } },
  Prague: { fork: "prague", blob: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716n } },
  Osaka: { fork: "osaka", blob: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716n } },
  BPO1: { fork: "osaka", blob: { target: 10, max: 15, baseFeeUpdateFraction: 8_346_193n } },
  BPO2: { fork: "osaka", blob: { target: 14, max: 21, baseFeeUpdateFraction: 11_684_671n } },
  BPO3: { fork: "osaka", blob: { target: 21, max: 32, baseFeeUpdateFraction: 20_609_697n } },
  BPO4: { fork: "osaka", blob: { target: 14, max: 21, baseFeeUpdateFraction: 13_739_630n } },
};

const TRANSITION = /^(\w+?)To(\w+?)AtTime(\d+)(k?)$/;

/**
 * Rules of a named network: one fork from genesis on (`"Cancun"`), or two with a switch by timestamp
 * (`"CancunToPragueAtTime15k"`).
 *
 * @param name as in the execution spec tests' `network`
 * @returns `undefined` for a name that is not known
 */
export function presetConfig(name: string, chainId: bigint = 1n): ChainConfig | undefined {
  const transition = TRANSITION.exec(name);
  if (!transition) {
    const network = NETWORKS[name];
    return network && { chainId, ...stage(name, 0n) };
  }
  const [, from = "", to = "", digits = "0", thousands] = transition;
  if (!NETWORKS[from] || !NETWORKS[to]) return undefined;
  const before = stage(from, 0n);
  const after = stage(to, BigInt(digits) * (thousands ? 1000n : 1n));
  const known = new Set(before.forks.map((activation) => activation.fork));
  return {
    chainId,
    forks: [...before.forks, ...after.forks.filter((activation) => !known.has(activation.fork))],
    blobSchedule: [...before.blobSchedule, ...after.blobSchedule],
  };
}

/** Every fork up to `name`, active from `timestamp` on (from block 0 when that is zero), with the blob limits of `name`. */
function stage(name: string, timestamp: bigint): Pick<ChainConfig, "forks" | "blobSchedule"> {
  const { fork, blob } = NETWORKS[name]!;
  const upTo = FORKS.slice(0, FORKS.indexOf(fork) + 1);
  return {
    forks: upTo.map((fork): ForkActivation => (timestamp === 0n ? { fork, block: 0n } : { fork, timestamp })),
    blobSchedule: blob ? [{ timestamp, ...blob }] : [],
  };
}
