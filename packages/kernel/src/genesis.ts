import type {
  AccountOverride,
  BlobParameters,
  ChainConfig,
  ForkActivation,
  ForkName,
  GenesisBlock,
  RollupRules,
} from "./types.ts";

/** A genesis file that cannot be understood; `path` names the offending field. */
export class GenesisError extends Error {
  readonly code = "INVALID_GENESIS";
  readonly shortMessage: string;
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`genesis: ${path || "document"} ${problem}`);
    this.name = "GenesisError";
    this.path = path;
    this.shortMessage = problem;
  }
}

export interface ParsedGenesis {
  readonly config: ChainConfig;
  readonly genesis: GenesisBlock;
}

type Fields = Readonly<Record<string, unknown>>;

/** geth's activation keys; later keys win where two name the same fork. */
const BLOCK_FORKS: readonly (readonly [key: string, fork: ForkName])[] = [
  ["homesteadBlock", "homestead"],
  ["eip150Block", "tangerineWhistle"],
  ["eip158Block", "spuriousDragon"],
  ["byzantiumBlock", "byzantium"],
  ["constantinopleBlock", "constantinople"],
  ["petersburgBlock", "petersburg"],
  ["istanbulBlock", "istanbul"],
  ["berlinBlock", "berlin"],
  ["londonBlock", "london"],
];

const TIME_FORKS: readonly (readonly [key: string, fork: ForkName])[] = [
  ["shanghaiTime", "shanghai"],
  ["cancunTime", "cancun"],
  ["pragueTime", "prague"],
  ["osakaTime", "osaka"],
];

/** Keys of `blobSchedule`, each with `<key>Time` in the config. */
const BLOB_KEYS = ["cancun", "prague", "osaka", "bpo1", "bpo2", "bpo3", "bpo4", "bpo5"] as const;

const EMPTY_BLOB_FORK = { blobGasUsed: 0n, excessBlobGas: 0n, parentBeaconBlockRoot: new Uint8Array(32) };
const EMPTY_TRIE_ROOT = bytes("0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", "", 32);
/** sha256 of nothing: EIP-7685's hash of an empty request list. */
const EMPTY_REQUESTS_HASH = bytes("0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "", 32);
const INITIAL_BASE_FEE = 1_000_000_000n;

/**
 * Reads a geth-style `genesis.json` (already parsed from JSON).
 *
 * @throws GenesisError naming the field that is missing, malformed or contradictory
 */
export function parseGenesis(json: unknown): ParsedGenesis {
  const root = object(json, "");
  const fields = object(root.config, "config");
  const config: ChainConfig = {
    chainId: quantity(fields.chainId, "config.chainId", 64),
    forks: forks(fields),
    blobSchedule: blobSchedule(fields),
    ...(present(fields.optimism) ? { rollup: rollupRules(fields) } : {}),
    ...(present(fields.depositContractAddress)
      ? { depositContract: bytes(fields.depositContractAddress, "config.depositContractAddress", 20) }
      : {}),
  };
  return { config, genesis: { header: header(root, config), alloc: allocation(root.alloc) } };
}

function forks(config: Fields): ForkActivation[] {
  const activations: ForkActivation[] = [{ fork: "frontier", block: 0n }];
  for (const [key, fork] of BLOCK_FORKS) {
    if (present(config[key])) activations.push({ fork, block: quantity(config[key], `config.${key}`, 64) });
  }
  const paris = parisBlock(config);
  if (paris !== undefined) activations.push({ fork: "paris", block: paris });
  for (const [key, fork] of TIME_FORKS) {
    if (present(config[key])) activations.push({ fork, timestamp: quantity(config[key], `config.${key}`, 64) });
  }
  return activations;
}

/** op-geth's form; rules older than Isthmus are not known here, so that has to be active from genesis on. */
function rollupRules(config: Fields): RollupRules {
  const rules = object(config.optimism, "config.optimism");
  if (quantity(config.isthmusTime, "config.isthmusTime", 64) !== 0n) {
    throw new GenesisError("config.isthmusTime", "must be 0");
  }
  const denominator = present(rules.eip1559DenominatorCanyon) ? "eip1559DenominatorCanyon" : "eip1559Denominator";
  const parameter = (name: string): number => {
    const value = Number(quantity(rules[name], `config.optimism.${name}`, 32));
    if (value === 0) throw new GenesisError(`config.optimism.${name}`, "must be above zero");
    return value;
  };
  return {
    baseFeeDenominator: parameter(denominator),
    elasticity: parameter("eip1559Elasticity"),
    ...(present(config.jovianTime) ? { jovianTime: quantity(config.jovianTime, "config.jovianTime", 64) } : {}),
  };
}

/** The merge happens by total difficulty; a chain whose merge lies above block 0 must name the block. */
function parisBlock(config: Fields): bigint | undefined {
  if (present(config.mergeNetsplitBlock)) return quantity(config.mergeNetsplitBlock, "config.mergeNetsplitBlock", 64);
  if (!present(config.terminalTotalDifficulty)) return undefined;
  const difficulty = quantity(config.terminalTotalDifficulty, "config.terminalTotalDifficulty", 256);
  if (difficulty === 0n || config.terminalTotalDifficultyPassed === true) return 0n;
  throw new GenesisError("config.mergeNetsplitBlock", "is needed where terminalTotalDifficulty is above zero");
}

function blobSchedule(config: Fields): BlobParameters[] {
  if (!present(config.blobSchedule)) {
    if (present(config.cancunTime)) throw new GenesisError("config.blobSchedule", "is needed from Cancun on");
    return [];
  }
  const schedule = object(config.blobSchedule, "config.blobSchedule");
  const entries: BlobParameters[] = [];
  for (const key of BLOB_KEYS) {
    const time = config[`${key}Time`];
    if (!present(time) || !present(schedule[key])) continue;
    const path = `config.blobSchedule.${key}`;
    const entry = object(schedule[key], path);
    entries.push({
      timestamp: quantity(time, `config.${key}Time`, 64),
      target: Number(quantity(entry.target, `${path}.target`, 16)),
      max: Number(quantity(entry.max, `${path}.max`, 16)),
      baseFeeUpdateFraction: quantity(entry.baseFeeUpdateFraction, `${path}.baseFeeUpdateFraction`, 64),
    });
  }
  return entries.sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0));
}

function header(root: Fields, config: ChainConfig): GenesisBlock["header"] {
  const number = optional(root.number, 0n, (value) => quantity(value, "number", 64));
  const timestamp = optional(root.timestamp, 0n, (value) => quantity(value, "timestamp", 64));
  const active = (fork: ForkName): boolean =>
    config.forks.some(
      (entry) =>
        entry.fork === fork &&
        (entry.block === undefined || entry.block <= number) &&
        (entry.timestamp === undefined || entry.timestamp <= timestamp),
    );
  return {
    parentHash: optional(root.parentHash, new Uint8Array(32), (value) => bytes(value, "parentHash", 32)),
    coinbase: optional(root.coinbase, new Uint8Array(20), (value) => bytes(value, "coinbase", 20)),
    difficulty: optional(root.difficulty, 0n, (value) => quantity(value, "difficulty", 256)),
    number,
    gasLimit: quantity(root.gasLimit, "gasLimit", 63),
    gasUsed: optional(root.gasUsed, 0n, (value) => quantity(value, "gasUsed", 63)),
    timestamp,
    extraData: optional(root.extraData, new Uint8Array(0), (value) => bytes(value, "extraData")),
    mixHash: optional(root.mixHash, new Uint8Array(32), (value) => bytes(value, "mixHash", 32)),
    nonce: optional(root.nonce, new Uint8Array(8), (value) => word(quantity(value, "nonce", 64), 8)),
    ...(active("london")
      ? {
          baseFeePerGas: optional(root.baseFeePerGas, INITIAL_BASE_FEE, (value) =>
            quantity(value, "baseFeePerGas", 256),
          ),
        }
      : {}),
    ...(active("shanghai") ? { withdrawalsRoot: EMPTY_TRIE_ROOT } : {}),
    ...(active("cancun") ? blobFields(root) : {}),
    ...(active("prague") ? { requestsHash: EMPTY_REQUESTS_HASH } : {}),
  };
}

function blobFields(root: Fields): Pick<GenesisBlock["header"], keyof typeof EMPTY_BLOB_FORK> {
  return {
    blobGasUsed: optional(root.blobGasUsed, 0n, (value) => quantity(value, "blobGasUsed", 64)),
    excessBlobGas: optional(root.excessBlobGas, 0n, (value) => quantity(value, "excessBlobGas", 64)),
    parentBeaconBlockRoot: optional(root.parentBeaconBlockRoot, EMPTY_BLOB_FORK.parentBeaconBlockRoot, (value) =>
      bytes(value, "parentBeaconBlockRoot", 32),
    ),
  };
}

function allocation(value: unknown): (readonly [Uint8Array, AccountOverride])[] {
  return Object.entries(object(value, "alloc")).map(([key, entry]) => {
    const path = `alloc.${key}`;
    const account = object(entry, path);
    const address = bytes(key.startsWith("0x") ? key : `0x${key}`, path, 20);
    return [
      address,
      {
        balance: optional(account.balance, 0n, (field) => quantity(field, `${path}.balance`, 256)),
        nonce: optional(account.nonce, 0n, (field) => quantity(field, `${path}.nonce`, 64)),
        ...(present(account.code) ? { code: bytes(account.code, `${path}.code`) } : {}),
        ...(present(account.storage) ? { state: storage(account.storage, `${path}.storage`) } : {}),
      },
    ] as const;
  });
}

function storage(value: unknown, path: string): (readonly [Uint8Array, Uint8Array])[] {
  return Object.entries(object(value, path)).map(
    ([key, entry]) => [word32(key, `${path} key`), word32(entry, `${path}.${key}`)] as const,
  );
}

function word32(value: unknown, path: string): Uint8Array {
  return word(quantity(value, path, 256), 32);
}

function word(value: bigint, length: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(length * 2, "0"), "hex"));
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function optional<T>(value: unknown, fallback: T, read: (value: unknown) => T): T {
  return present(value) ? read(value) : fallback;
}

function object(value: unknown, path: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new GenesisError(path, "must be an object");
  return value as Fields;
}

/** A JSON number, a decimal string or a 0x string. */
function quantity(value: unknown, path: string, bits: number): bigint {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? value.toString() : value;
  if (typeof text !== "string" || !/^(0x[0-9a-fA-F]{1,64}|[0-9]{1,78})$/.test(text)) {
    throw new GenesisError(path, "must be a number");
  }
  const parsed = BigInt(text);
  if (parsed >> BigInt(bits) !== 0n) throw new GenesisError(path, `must fit ${bits} bits`);
  return parsed;
}

function bytes(value: unknown, path: string, length?: number): Uint8Array {
  if (typeof value !== "string" || !/^0x([0-9a-fA-F]{2})*$/.test(value)) {
    throw new GenesisError(path, "must be hex bytes with 0x");
  }
  const parsed = Uint8Array.from(Buffer.from(value.slice(2), "hex"));
  if (length !== undefined && parsed.length !== length) throw new GenesisError(path, `must be ${length} bytes long`);
  return parsed;
}
