import type { BlockAttributes, ForkName, Header } from "@hyperion/kernel";

export interface BlockOptions {
  readonly coinbase?: Uint8Array;
  /** Blocks move towards it by at most 1/1024 of the parent's limit each. Default: the genesis block's. */
  readonly gasLimit?: bigint;
  /** At most 32 bytes. */
  readonly extraData?: Uint8Array;
}

/** Settings of the next block only. */
export interface NextBlock {
  baseFeePerGas?: bigint;
  prevRandao?: Uint8Array;
}

/** What the builder of a block may choose, and what dev controls have chosen. */
export class BlockSettings {
  coinbase: Uint8Array;
  /** Holds at once, without steps. */
  gasLimit: bigint | undefined;
  next: NextBlock = {};
  readonly #gasTarget: bigint;
  readonly #extraData: Uint8Array;

  constructor(genesis: Header, options: BlockOptions) {
    this.coinbase = options.coinbase ?? new Uint8Array(20);
    this.#gasTarget = options.gasLimit ?? genesis.gasLimit;
    this.#extraData = options.extraData ?? new Uint8Array(0);
  }

  /** For a child of a block, under the rules of its own fork. */
  attributes(
    parent: Header,
    fork: ForkName,
    timestamp: bigint,
    keccak256: (bytes: Uint8Array) => Uint8Array,
  ): BlockAttributes {
    const { baseFeePerGas, prevRandao } = this.next;
    return {
      timestamp,
      coinbase: this.coinbase,
      gasLimit: this.gasLimit ?? stepTowards(parent.gasLimit, this.#gasTarget),
      prevRandao: prevRandao ?? keccak256(parent.stateRoot),
      extraData: this.#extraData,
      ...(parent.withdrawalsRoot || isShanghai(fork) ? { withdrawals: [] } : {}),
      ...(isCancun(fork) ? { parentBeaconBlockRoot: new Uint8Array(32) } : {}),
      ...(baseFeePerGas === undefined ? {} : { overrides: { baseFeePerGas } }),
    };
  }
}

/** A block's gas limit may differ from its parent's by less than 1/1024 of it. */
function stepTowards(parent: bigint, target: bigint): bigint {
  const step = parent / 1024n - 1n;
  if (target > parent + step) return parent + step;
  return target < parent - step ? parent - step : target;
}

const CANCUN: ReadonlySet<ForkName> = new Set(["cancun", "prague", "osaka"]);

function isCancun(fork: ForkName): boolean {
  return CANCUN.has(fork);
}

function isShanghai(fork: ForkName): boolean {
  return fork === "shanghai" || isCancun(fork);
}
