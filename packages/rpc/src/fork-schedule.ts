import { crc32 } from "node:zlib";
import { type BlobParameters, type ChainConfig, FORKS, type ForkName, type Header } from "@hyperion/kernel";

/** Whether `fork` is `least` or later. */
export const isAtLeast = (fork: ForkName, least: ForkName): boolean => FORKS.indexOf(fork) >= FORKS.indexOf(least);

/** Blob-parameter changes count as forks of their own (EIP-7892). */
const activationTimes = (config: ChainConfig): bigint[] => {
  const times = [
    ...config.forks.flatMap(({ timestamp }) => (timestamp === undefined ? [] : [timestamp])),
    ...config.blobSchedule.map(({ timestamp }) => timestamp),
  ];
  return distinct(times);
};

const distinct = (values: readonly bigint[]): bigint[] =>
  [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/**
 * Activation times of the configurations around `now`: the one in force, the following, and the last one known.
 * Forks active since genesis or by block number have activation time zero.
 */
export const configurationTimes = (
  config: ChainConfig,
  genesisTime: bigint,
  now: bigint,
): { readonly current: bigint; readonly next: bigint | undefined; readonly last: bigint | undefined } => {
  const later = activationTimes(config).filter((time) => time > genesisTime);
  const current = later.filter((time) => time <= now).at(-1) ?? 0n;
  const upcoming = later.filter((time) => time > now);
  return { current, next: upcoming[0], last: upcoming.at(-1) };
};

/** The blob limits in force at a time (EIP-7840, EIP-7892). */
export const blobParametersAt = ({ blobSchedule }: ChainConfig, time: bigint): BlobParameters | undefined =>
  blobSchedule
    .filter(({ timestamp }) => timestamp <= time)
    .reduce<BlobParameters | undefined>((a, b) => (a && a.timestamp > b.timestamp ? a : b), undefined);

const uint64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};

/**
 * EIP-2124/EIP-6122 fork hash at a time: CRC-32 of the genesis hash and of every activation passed, blocks before times.
 * `extraBlocks` are activation blocks that change no rule of the kernel (difficulty-bomb delays and the like).
 */
export const forkHash = (
  config: ChainConfig,
  genesis: { readonly hash: Uint8Array; readonly header: Pick<Header, "timestamp"> },
  extraBlocks: readonly bigint[],
  time: bigint,
): string => {
  const blocks = [...config.forks.flatMap(({ block }) => (block === undefined ? [] : [block])), ...extraBlocks];
  const times = activationTimes(config).filter((at) => at > genesis.header.timestamp && at <= time);
  const passed = [...distinct(blocks).filter((block) => block > 0n), ...times];
  const checksum = passed.reduce((crc, activation) => crc32(uint64(activation), crc), crc32(genesis.hash));
  return `0x${checksum.toString(16).padStart(8, "0")}`;
};

/** Keys of a geth-style genesis configuration whose blocks count for the fork hash but change no kernel rule. */
const BOMB_DELAY_KEYS = [
  "muirGlacierBlock",
  "arrowGlacierBlock",
  "grayGlacierBlock",
  "mergeNetsplitBlock",
  "daoForkBlock",
];

/** `extraForkBlocks` for a server whose chain comes from a geth-style genesis file (its `config` object). */
export const forkIdBlocks = (genesisConfig: Readonly<Record<string, unknown>>): bigint[] =>
  BOMB_DELAY_KEYS.flatMap((key) => {
    const block = genesisConfig[key];
    return typeof block === "number" ? [BigInt(block)] : [];
  });
