import { isDeepStrictEqual } from "node:util";
import { type NamedModel, readDefaultModel } from "@hyperion/inference";
import {
  type BlockAttributes,
  Execution,
  Kernel,
  keccak256,
  type PreimageOracle,
  presetConfig,
  type SealedBlock,
  type StateCommit,
  type TransactionOutcome,
} from "@hyperion/kernel";
import { EagerCompiler } from "@hyperion/metisvm";
import { type ParallelMode, WorkerPool } from "@hyperion/parallel";
import { CHAIN_ID, contractAllocation, ETHER, RandomBlocks } from "./random-block.ts";

const EMPTY_ROOT = Buffer.from("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", "hex");
const EMPTY_REQUESTS = Buffer.from("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "hex");
const GAS_LIMIT = 30_000_000n;
const SENDERS = 40;

class Store implements PreimageOracle {
  readonly #byHash = new Map<string, Uint8Array>();
  readonly hashes: Uint8Array[] = [];

  constructor(model: NamedModel | undefined) {
    if (model) this.#byHash.set(Buffer.from(model.root).toString("latin1"), model.bytes);
  }

  add(commit: StateCommit): void {
    for (const [hash, bytes] of commit.preimages) this.#byHash.set(Buffer.from(hash).toString("latin1"), bytes);
  }

  preimage(hash: Uint8Array): Uint8Array | undefined {
    return this.#byHash.get(Buffer.from(hash).toString("latin1"));
  }

  blockHash(number: bigint): Uint8Array | undefined {
    return this.hashes[Number(number)];
  }
}

export interface TwinOptions {
  readonly seed: number;
  readonly blocks: number;
  readonly workers: number;
  readonly fork: "Paris" | "Shanghai" | "Cancun" | "Prague";
  readonly mode?: ParallelMode;
  readonly transactions?: number;
  /** Delays at random places of the schedule. */
  readonly stress?: boolean;
  /** With a model that some transactions ask. */
  readonly inference?: boolean;
  /** The kernel with threads compiles all code before it runs. */
  readonly compiled?: boolean;
}

export interface TwinReport {
  readonly blocks: number;
  readonly transactions: number;
  readonly repeated: number;
  readonly abandoned: number;
}

/**
 * Runs random blocks on a kernel with workers and on one without, built by one and imported by the other in turn.
 *
 * @throws Error with what differs
 */
export async function twinRun(options: TwinOptions): Promise<TwinReport> {
  const { seed, blocks, workers, fork, mode = "parallel" } = options;
  const pool = new WorkerPool({ workers, mode });
  const random = new RandomBlocks(seed, SENDERS);
  const model = options.inference ? readDefaultModel() : undefined;
  const config = {
    ...presetConfig(fork, CHAIN_ID)!,
    ...(model && { inference: { defaultModel: model.root } }),
  };
  const stores = [new Store(model), new Store(model)];
  const serial = await Kernel.create({ config, oracle: stores[0]!, cacheBytes: 2 ** 22, commitForm: "both" });
  const parallel = await Kernel.create({
    config,
    oracle: stores[1]!,
    cacheBytes: 2 ** 22,
    workers: pool,
    ...(options.compiled && { compiler: new EagerCompiler("window") }),
    commitForm: "both",
  });
  await pool.ready();
  if (pool.running !== workers) throw pool.failure ?? new Error("a thread did not come up");
  if (options.stress) parallel.delayBatches(seed | 1);
  const totals = { blocks: 0, transactions: 0, repeated: 0, abandoned: 0 };
  try {
    let head = genesis(serial, fork, random);
    same("genesis", head, genesis(parallel, fork, random));
    const kernels = [serial, parallel];
    for (const [index, kernel] of kernels.entries()) stores[index]!.add(kernel.commit());
    for (const store of stores) store.hashes.push(head.hash);
    for (let number = 1; number <= blocks; number++) {
      const conflicts = (number % 5) / 4;
      const count = options.transactions ?? 2 + ((number * 7) % 60);
      const raws = random.next({
        transactions: count,
        conflicts,
        prague: fork === "Prague",
        inference: model !== undefined,
      });
      const [builder, importer] = number % 2 === 0 ? [serial, parallel] : [parallel, serial];
      const attributes = attributesOf(head, fork);
      builder!.beginBlock(head.header, head.hash, attributes);
      const where = `seed ${seed}, block ${number}`;
      const outcomes = builder!.executeBatch(raws);
      if (builder === parallel) add();
      const built = builder!.seal();
      const imported = importer!.executeBlock(built.rlp, head.header, head.hash);
      if (importer === parallel) add();
      if (!imported.valid) throw new Error(`${where}: import refused: ${imported.code} ${imported.message}`);
      same(where, imported.execution.bytes, built.execution.bytes);
      same(where, imported.hash, built.hash);
      serialOutcomes(where, outcomes, built);
      const commits = kernels.map((kernel) => sorted(kernel.commit()));
      same(`${where}, commit`, commits[1], commits[0]);
      for (const [index, commit] of commits.entries()) stores[index]!.add(commit);
      for (const store of stores) store.hashes.push(built.hash);
      head = built;
      random.settle((address) => serial.account(address)?.nonce ?? 0n);
      totals.blocks++;
      totals.transactions += count;
    }
    return totals;
  } finally {
    await pool.close();
  }

  function add(): void {
    totals.repeated += pool.lastBatch?.repeated ?? 0;
    totals.abandoned += Number(pool.lastBatch?.abandoned ?? false);
  }
}

function serialOutcomes(where: string, outcomes: readonly TransactionOutcome[], built: SealedBlock): void {
  const valid = outcomes.filter((outcome) => outcome.valid);
  same(where, Execution.of(valid.map(({ record }) => record)).bytes, built.execution.bytes);
}

/** Order within a commit is not part of it. */
function sorted(commit: StateCommit): StateCommit {
  const byKey = <T>(items: readonly T[]): T[] => [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const { accounts, slots, nodes, code, wipedStorage } = commit.changes;
  return {
    stateRoot: commit.stateRoot,
    changes: {
      accounts: byKey(accounts),
      slots: byKey(slots),
      nodes: byKey(nodes),
      code: byKey(code),
      ...(wipedStorage ? { wipedStorage: byKey(wipedStorage) } : {}),
    },
    preimages: byKey(commit.preimages),
  };
}

const keyOf = (item: unknown): string =>
  item instanceof Uint8Array
    ? Buffer.from(item).toString("hex")
    : (item as readonly (Uint8Array | undefined)[])
        .map((part) => (part ? Buffer.from(part).toString("hex") : ""))
        .join();

function same(where: string, found: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(found, expected)) throw new Error(`${where}: parallel and serial differ`);
}

function attributesOf(head: SealedBlock, fork: string): BlockAttributes {
  return {
    timestamp: head.header.timestamp + 12n,
    coinbase: keccak256(Buffer.from("coinbase")).slice(12),
    gasLimit: GAS_LIMIT,
    prevRandao: new Uint8Array(32).fill(9),
    ...(fork === "Paris" ? {} : { withdrawals: [] }),
    ...(fork === "Cancun" || fork === "Prague" ? { parentBeaconBlockRoot: new Uint8Array(32) } : {}),
  };
}

function genesis(kernel: Kernel, fork: string, random: RandomBlocks): SealedBlock {
  const cancun = fork === "Cancun" || fork === "Prague";
  return kernel.genesis({
    header: {
      parentHash: new Uint8Array(32),
      coinbase: new Uint8Array(20),
      difficulty: 0n,
      number: 0n,
      gasLimit: GAS_LIMIT,
      gasUsed: 0n,
      timestamp: 0n,
      extraData: new Uint8Array(0),
      mixHash: new Uint8Array(32),
      nonce: new Uint8Array(8),
      baseFeePerGas: 10n ** 9n,
      ...(fork === "Paris" ? {} : { withdrawalsRoot: EMPTY_ROOT }),
      ...(cancun ? { blobGasUsed: 0n, excessBlobGas: 0n, parentBeaconBlockRoot: new Uint8Array(32) } : {}),
      ...(fork === "Prague" ? { requestsHash: EMPTY_REQUESTS } : {}),
    },
    alloc: [
      ...random.senders.map(({ address }) => [address, { balance: 1000n * ETHER }] as const),
      ...contractAllocation(random.senders),
      // Without the contracts of EIP-7002 and EIP-7251 no block of Prague is valid.
      ...(fork === "Prague" ? requestContracts() : []),
    ],
  });
}

/** Contracts that answer with no requests. */
const requestContracts = (): (readonly [Uint8Array, { code: Uint8Array; nonce: bigint }])[] =>
  ["00000961ef480eb55e80d19ad83579a64c007002", "0000bbddc7ce488642fb579f8b00f3a590007251"].map(
    (address) => [Buffer.from(address, "hex"), { code: Uint8Array.of(0), nonce: 1n }] as const,
  );
