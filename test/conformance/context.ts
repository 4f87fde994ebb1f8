import type { ChainConfig, CodeCompiler, PreimageOracle } from "@hyperion/kernel";
import { Kernel } from "@hyperion/kernel";
import { Database } from "@hyperion/metisdb";
import { EagerCompiler } from "@hyperion/metisvm";
import { WorkerPool } from "@hyperion/parallel";
import { EMPTY_TRIE_ROOT } from "./hex.ts";
import { Preimages } from "./preimages.ts";
import { StoredState } from "./stored-state.ts";
import type { SuiteContext, SuiteOptions } from "./suite.ts";

/** Memory is reserved per instance, so few are kept; files are worked through fork by fork. */
const KEPT_KERNELS = 6;
/** Starting threads takes longer than a file's cases: one kernel for each fork and transition. */
const KEPT_WITH_THREADS = 40;

interface KeptKernel {
  readonly kernel: Kernel;
  oracle: PreimageOracle;
  readonly pool: WorkerPool | undefined;
}

/** Kernels by chain configuration and other resources, kept between the cases of one worker. */
export class WorkerContext implements SuiteContext {
  readonly options: SuiteOptions;
  readonly #kernels = new Map<string, KeptKernel>();
  readonly #compiler: CodeCompiler | undefined;
  readonly #shared = new Map<string, { value: Promise<unknown>; dispose(): Promise<void> }>();

  constructor(options: SuiteOptions) {
    this.options = options;
    if (options.mode === "jit-simple" || options.mode === "jit-window" || options.mode === "parallel-jit")
      this.#compiler = new EagerCompiler(options.mode === "jit-simple" ? "simple" : "window");
  }

  async kernel(config: ChainConfig, oracle: PreimageOracle): Promise<Kernel> {
    const key = JSON.stringify(config, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
    const kept = this.#kernels.get(key) ?? (await createKernel(config, oracle, this.options, this.#compiler));
    this.#kernels.delete(key);
    this.#kernels.set(key, kept);
    const most = this.options.workers > 0 ? KEPT_WITH_THREADS : KEPT_KERNELS;
    for (const [oldest, { pool }] of this.#kernels) {
      if (this.#kernels.size <= most) break;
      this.#kernels.delete(oldest);
      await pool?.close();
    }
    kept.oracle = oracle;
    kept.kernel.open(EMPTY_TRIE_ROOT);
    return kept.kernel;
  }

  async states(): Promise<(blockHash: (number: bigint) => Uint8Array | undefined) => Preimages> {
    if (!this.options.metisdb) return (blockHash) => new Preimages(blockHash);
    const database = await this.shared(
      "metisdb",
      async () => Database.temporary(),
      (open) => open.close(),
    );
    return (blockHash) => new StoredState(database, blockHash);
  }

  /** Forgets every kernel: one that trapped is not to be trusted with the next case. */
  async dropKernels(): Promise<void> {
    const kept = [...this.#kernels.values()];
    this.#kernels.clear();
    for (const { pool } of kept) await pool?.close();
  }

  shared<T>(key: string, create: () => Promise<T>, dispose: (value: T) => Promise<void>): Promise<T> {
    const known = this.#shared.get(key);
    if (known !== undefined) return known.value as Promise<T>;
    const value = create();
    this.#shared.set(key, { value, dispose: async () => dispose(await value) });
    return value;
  }

  async close(): Promise<void> {
    await this.dropKernels();
    for (const { dispose } of this.#shared.values()) await dispose();
  }
}

async function createKernel(
  config: ChainConfig,
  oracle: PreimageOracle,
  { cacheBytes, metisdb, workers }: SuiteOptions,
  compiler: CodeCompiler | undefined,
): Promise<KeptKernel> {
  const pool = workers > 0 ? new WorkerPool({ workers, mode: "parallel" }) : undefined;
  const kept: { oracle: PreimageOracle; pool: WorkerPool | undefined } = { oracle, pool };
  const delegate: PreimageOracle = {
    preimage: (hash) => kept.oracle.preimage(hash),
    account: (hash) => (kept.oracle.account ? kept.oracle.account(hash) : null),
    slot: (account, hash) => (kept.oracle.slot ? kept.oracle.slot(account, hash) : null),
    node: (owner, path, hash, key) => kept.oracle.node?.(owner, path, hash, key),
    blockHash: (number) => kept.oracle.blockHash(number),
  };
  const kernel = await Kernel.create({
    config,
    oracle: delegate,
    cacheBytes,
    commitForm: metisdb ? "both" : "preimages",
    ...(compiler && { compiler }),
    ...(pool && { workers: pool }),
  });
  await pool?.ready();
  if (pool && pool.running < workers) throw new Error(`${pool.running} of ${workers} threads came up`);
  return Object.assign(kept, { kernel });
}
