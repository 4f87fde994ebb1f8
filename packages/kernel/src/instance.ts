import { randomFillSync } from "node:crypto";
import { type CommitForm, CommitReader, nibblesOf } from "./commit.ts";
import { CompiledFunctions } from "./compiled-functions.ts";
import { curve, initCurves } from "./curves.ts";
import { KernelError } from "./errors.ts";
import { compileKernel, type KernelBuild } from "./module.ts";
import { clock } from "./parallel/control.ts";
import { BatchAbandoned, OwnerDesk } from "./parallel/owner-desk.ts";
import { traceImports } from "./trace.ts";
import {
  type CodeCompiler,
  FORKS,
  type PreimageOracle,
  type StateCommit,
  type Tracer,
  type WorkerTarget,
} from "./types.ts";

type Exports = Readonly<Record<string, (argument: number) => number>>;

const INITIAL_PAGES = 64;
/** 3 GiB: addresses stay below what a 32-bit sum of two of them could wrap. */
const MAXIMUM_PAGES = 49_152;
const EMPTY = new Uint8Array(0);
/** Room that the kernel has for a flat entry: its longest, of an account, takes 110 bytes. */
const FLAT_CAPACITY = 128;

/** One WebAssembly instance with its memory and host imports; renewed after it failed. */
export class KernelInstance {
  readonly #module: WebAssembly.Module;
  readonly #shared: boolean;
  readonly #seed: Uint8Array;
  readonly #oracle: PreimageOracle;
  readonly #tracer: Tracer | undefined;
  #memory!: WebAssembly.Memory;
  #exports!: Exports;
  #bytes: Uint8Array = EMPTY;
  #poisoned = false;
  #running = false;
  #host: WebAssembly.ModuleImports = {};
  #desk: OwnerDesk | undefined;
  readonly #commit: CommitReader;
  readonly #compiler: CodeCompiler | undefined;
  #functions: CompiledFunctions | undefined;

  private constructor(
    module: WebAssembly.Module,
    build: KernelBuild,
    oracle: PreimageOracle,
    tracer: Tracer | undefined,
    seed: Uint8Array,
    form: CommitForm,
    compiler: CodeCompiler | undefined,
  ) {
    this.#module = module;
    this.#compiler = build === "kernel" ? compiler : undefined;
    this.#commit = new CommitReader(form);
    this.#seed = seed;
    this.#shared = build !== "program";
    this.#oracle = oracle;
    this.#tracer = tracer;
    this.renew();
  }

  /** `seed`: 16 bytes for the keyed tables, which no result depends on; random unless a run has to be repeatable. */
  static async create(
    build: KernelBuild,
    oracle: PreimageOracle,
    tracer?: Tracer,
    seed: Uint8Array = randomFillSync(new Uint8Array(16)),
    form: CommitForm = "preimages",
    compiler?: CodeCompiler,
  ): Promise<KernelInstance> {
    const [module] = await Promise.all([compileKernel(build), initCurves()]);
    return new KernelInstance(module, build, oracle, tracer, seed, form, compiler);
  }

  /** True after a call that ended inside the kernel: only `renew` helps. */
  get poisoned(): boolean {
    return this.#poisoned;
  }

  /** Bytes of linear memory, which it never gives back before `renew`. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Starts over with fresh memory. */
  renew(): void {
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES, shared: this.#shared });
    this.#bytes = EMPTY;
    this.#host = this.#hostImports();
    this.#desk = undefined;
    const instance = new WebAssembly.Instance(this.#module, { env: { memory: this.#memory }, host: this.#host });
    this.#exports = instance.exports as unknown as Exports;
    this.#poisoned = false;
    this.#running = false;
    this.call("initialise", this.#seed);
    this.#functions = this.#compiler && new CompiledFunctions(this.#compiler, this.#memory, instance.exports);
  }

  /**
   * Sends a message to an exported function and returns a copy of its answer.
   *
   * @throws KernelError `MISSING_PREIMAGE` from the oracle, `TRAP` on a WebAssembly trap, `POISONED` after either
   */
  call(name: string, message: Uint8Array): Uint8Array {
    if (this.#poisoned)
      throw new KernelError("POISONED", "an earlier call failed inside the kernel; open a state again");
    if (this.#running) throw new KernelError("WRONG_PHASE", "the kernel is not re-entrant");
    this.#running = true;
    try {
      const input = this.#exports.ioInput!(message.length) >>> 0;
      this.#memoryTo(input + message.length).set(message, input);
      const length = this.#exports[name]!(message.length) >>> 0;
      if (length === 0xffff_ffff) throw new KernelError("WRONG_PHASE", `${name} does not fit the phase of the block`);
      const output = this.#exports.ioOutput!(0) >>> 0;
      return this.#copy(output, length);
    } catch (error) {
      if (error instanceof KernelError && error.code === "WRONG_PHASE") throw error;
      this.#poisoned = true;
      if (error instanceof WebAssembly.RuntimeError) {
        throw new KernelError("TRAP", `the kernel stopped in ${name}: ${error.message}`, { cause: error });
      }
      throw error;
    } finally {
      this.#running = false;
    }
  }

  /** Prepares for `workers` instances on other threads; what they have to know of this one. */
  shareWith(workers: number): Omit<WorkerTarget, "config" | "preimages"> {
    const message = new Uint8Array(4);
    new DataView(message.buffer).setUint32(0, workers, true);
    const answer = this.call("reserveWorkers", message);
    const control = new DataView(answer.buffer, answer.byteOffset).getUint32(0, true);
    const functions = this.#functions;
    const compiled = functions && ((handle: number) => functions.installed(handle));
    const desk = new OwnerDesk(this.#memory, control, workers, this.#host, compiled);
    this.#desk = desk;
    return {
      module: this.#module,
      memory: this.#memory,
      control,
      seed: this.#seed,
      ...(this.#compiler && {
        gasBeforeRequest: this.#compiler.gasBeforeRequest,
        compiledCode: (worker: number) => desk.connect(worker),
      }),
    };
  }

  /** As `call`, with the workers; `undefined` when the batch was given up: everything is as before then. */
  callInBatch(name: string, message: Uint8Array): Uint8Array | undefined {
    const desk = this.#desk;
    if (!desk || this.#poisoned) return this.call(name, message);
    try {
      return this.call(name, message);
    } catch (error) {
      if (!this.#poisoned) throw error;
      // Whatever it was, transactions met it before their time: what they do in order is what counts.
      desk.fail();
      this.#poisoned = false;
      desk.close(() => this.call("abandonBatch", EMPTY));
      return undefined;
    }
  }

  /** Batches so far that were begun with the workers. */
  batches(): number {
    return this.#desk ? this.#exports.batchNumber!(0) : 0;
  }

  /** Transactions of the last batch. */
  batchSize(): number {
    return this.#exports.batchCount!(0);
  }

  /** Runs of transactions of the last batch beyond the first of each. */
  repeatedRuns(): number {
    return this.#exports.repeatedRuns!(0);
  }

  /** Most transactions of the last batch that were known to depend on one another in a row. */
  longestChain(): number {
    return this.#exports.longestChain!(0);
  }

  /** Runs `work` and returns what the kernel emitted meanwhile. */
  collectCommit<T>(work: () => T): { readonly result: T; readonly commit: Omit<StateCommit, "stateRoot"> } {
    this.#commit.take();
    const result = work();
    return { result, commit: this.#commit.take() };
  }

  #memoryView(): Uint8Array {
    const { buffer } = this.#memory;
    if (this.#bytes.buffer !== buffer) {
      this.#bytes = new Uint8Array(buffer);
    }
    return this.#bytes;
  }

  /** Memory up to `end` at least. */
  #memoryTo(end: number): Uint8Array {
    // Another thread may have grown the memory: growing by nothing lets this one see it.
    if (end > this.#memoryView().length) this.#memory.grow(0);
    return this.#memoryView();
  }

  #copy(pointer: number, length: number): Uint8Array {
    const end = (pointer >>> 0) + (length >>> 0);
    return this.#memoryTo(end).slice(pointer >>> 0, end);
  }

  #write(bytes: Uint8Array, out: number, capacity: number): number {
    if (bytes.length <= capacity >>> 0) this.#memoryTo((out >>> 0) + bytes.length).set(bytes, out >>> 0);
    return bytes.length;
  }

  #preimage(hash: Uint8Array): Uint8Array {
    const bytes = this.#oracle.preimage(hash);
    if (bytes) return bytes;
    throw new KernelError("MISSING_PREIMAGE", `unknown preimage of 0x${Buffer.from(hash).toString("hex")}`);
  }

  #node(owner: number, path: number, nibbles: number, hash: Uint8Array): Uint8Array {
    if (!this.#oracle.node) return this.#preimage(hash);
    const place = nibblesOf(this.#memoryTo((path >>> 0) + 32), path >>> 0, nibbles);
    const found = this.#oracle.node(owner === 0 ? EMPTY : this.#copy(owner, 32), place, hash, this.#copy(path, 32));
    return found ?? this.#preimage(hash);
  }

  /** Answer of a flat read: -1 = unknown, 0 = absent, else the length. */
  #writeFlat(entry: Uint8Array | undefined | null, out: number): number {
    if (!entry) return entry === null ? -1 : 0;
    if (entry.length > FLAT_CAPACITY) throw new KernelError("INVALID_ARGUMENT", "a flat entry is too long");
    return this.#write(entry, out, FLAT_CAPACITY);
  }

  #hostImports(): WebAssembly.ModuleImports {
    return {
      preimage: (hash: number, out: number, capacity: number): number =>
        this.#write(this.#preimage(this.#copy(hash, 32)), out, capacity),
      node: (owner: number, path: number, nibbles: number, hash: number, out: number, capacity: number): number =>
        this.#write(this.#node(owner, path, nibbles, this.#copy(hash, 32)), out, capacity),
      account: (hash: number, out: number): number =>
        this.#oracle.account ? this.#writeFlat(this.#oracle.account(this.#copy(hash, 32)), out) : -1,
      slot: (account: number, hash: number, out: number): number =>
        this.#oracle.slot ? this.#writeFlat(this.#oracle.slot(this.#copy(account, 32), this.#copy(hash, 32)), out) : -1,
      emit: (records: number, length: number): void => this.#commit.read(this.#copy(records, length)),
      blockHash: (number: bigint, out: number): number => {
        const hash = this.#oracle.blockHash(BigInt.asUintN(64, number));
        return hash ? Number(this.#write(hash, out, 32) === 32) : 0;
      },
      curve: (op: number, input: number, length: number, out: number, capacity: number): number => {
        const result = curve(op, this.#copy(input, length));
        return result ? this.#write(result, out, capacity) : -1;
      },
      compiledCode: (hash: number, bytes: number, length: number, fork: number): number =>
        this.#functions?.request(this.#copy(hash, 32), FORKS[fork]!, () => this.#copy(bytes, length)) ?? 0,
      rest: (): void => this.#desk?.rest(),
      abandon: (): void => {
        this.#desk?.fail();
        throw new BatchAbandoned();
      },
      clock,
      ...(this.#tracer ? traceImports(this.#tracer, () => this.#memoryView()) : {}),
    };
  }
}
