import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { main as compile } from "assemblyscript/asc";
import { CommitReader, nibblesOf } from "./commit.ts";
import { FlatState } from "./flat-state.ts";
import type { StateChange } from "./types.ts";

const KERNEL = fileURLToPath(new URL("..", import.meta.url));
const CACHE = join(KERNEL, "dist", "state-test");
const OPTIONS = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--maximumMemory", "49152"];
const SHARED = ["--sharedMemory", "--enable", "threads", "--enable", "simd"];
const SCRATCH = 1 << 20;

export type TestBuild = "simd" | "scalar";
type Operation = (...operands: (number | bigint)[]) => number;

/**
 * Compiles `assembly/entry/state-test.ts` the way build.mjs compiles nodes' kernel, or the scalar program; once per state
 * of the sources.
 */
export async function compileStateTest(build: TestBuild): Promise<WebAssembly.Module> {
  const file = join(CACHE, `${build}-${sourceHash()}.wasm`);
  if (!existsSync(file)) {
    mkdirSync(CACHE, { recursive: true });
    const partial = `${file}.${process.pid}`;
    await compileTo(partial, build === "scalar");
    renameSync(partial, file);
  }
  return new WebAssembly.Module(readFileSync(file));
}

async function compileTo(file: string, scalar: boolean): Promise<void> {
  const uses = ["TRACE=0", `SIMD=${scalar ? 0 : 1}`, `GUEST=${scalar ? 1 : 0}`].flatMap((use) => ["--use", use]);
  const options = [...OPTIONS, ...uses, ...(scalar ? [] : SHARED)];
  const { error, stderr } = await compile([
    "assembly/entry/state-test.ts",
    "-o",
    file,
    "--baseDir",
    KERNEL,
    ...options,
  ]);
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
}

function sourceHash(): string {
  const hash = createHash("sha256");
  const folder = join(KERNEL, "assembly");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  for (const name of files.sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest("hex").slice(0, 16);
}

/** Where a machine's state comes from: a map of preimages, or flat entries and nodes by path. */
export type TestSource = "preimages" | "flat";

/** The kernel's state layer by itself. */
export class StateMachine {
  readonly call: Readonly<Record<string, Operation>>;
  /** What was committed, by key; what the source "flat" answers from. */
  readonly flat: FlatState = new FlatState();
  readonly preimages: Map<string, Uint8Array> = new Map();
  /** Preimages, or nodes by owner and path, that the kernel asked for. */
  readonly requested: Set<string> = new Set();
  readonly #memory: WebAssembly.Memory;
  readonly #scratch: number;
  readonly #source: TestSource;
  readonly #commit = new CommitReader("both");
  #used = 0;

  constructor(module: WebAssembly.Module, build: TestBuild, seed = 1n, source: TestSource = "preimages") {
    this.#memory = new WebAssembly.Memory({ initial: 16, maximum: 49_152, shared: build === "simd" });
    this.#source = source;
    const host = {
      preimage: this.#preimage.bind(this),
      node: this.#node.bind(this),
      account: (hash: number, out: number) => this.#flat(out, () => this.flat.account(this.read(hash, 32))),
      slot: (account: number, hash: number, out: number) =>
        this.#flat(out, () => this.flat.slot(this.read(account, 32), this.read(hash, 32))),
      emit: (records: number, length: number) => this.#commit.read(this.read(records, length)),
    };
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory }, host });
    this.call = instance.exports as unknown as Record<string, Operation>;
    this.call.initState!(seed, ~seed);
    this.#scratch = this.call.reserve!(SCRATCH) >>> 0;
  }

  /** Commits, takes over what the machine hands out, and returns the root. */
  commit(): Uint8Array {
    const out = this.room(32);
    this.call.commitNodes!(out);
    this.flat.apply(this.collect());
    return this.read(out, 32);
  }

  /** Takes over the preimages that the machine handed out, and returns the rest. */
  collect(): StateChange {
    const { changes, preimages } = this.#commit.take();
    for (const [hash, bytes] of preimages) this.preimages.set(Buffer.from(hash).toString("hex"), bytes);
    return changes;
  }

  /** Copies bytes into scratch memory; the address holds until `rewind`. */
  put(bytes: Uint8Array): number {
    const at = this.room(bytes.length);
    this.#bytes().set(bytes, at);
    return at;
  }

  room(length: number): number {
    const at = this.#scratch + this.#used;
    this.#used += (length + 31) & ~31;
    if (this.#used > SCRATCH) throw new RangeError("scratch memory is full");
    return at;
  }

  rewind(): void {
    this.#used = 0;
  }

  read(at: number, length: number): Uint8Array {
    return this.#bytes().slice(at >>> 0, (at >>> 0) + length);
  }

  /** Little-endian words of memory. */
  u32(at: number): number {
    return new DataView(this.#memory.buffer).getUint32(at >>> 0, true);
  }

  putWord(value: bigint): number {
    const bytes = new Uint8Array(32);
    for (let i = 0; i < 32; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 255n);
    return this.put(bytes);
  }

  readWord(at: number): bigint {
    return BigInt(`0x${Buffer.from(this.read(at, 32)).reverse().toString("hex")}`);
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }

  #preimage(hash: number, out: number, capacity: number): number {
    const key = Buffer.from(this.read(hash, 32)).toString("hex");
    this.requested.add(key);
    const bytes = this.preimages.get(key);
    if (bytes === undefined) throw new Error(`unknown preimage ${key}`);
    if (bytes.length <= capacity) this.#bytes().set(bytes, out >>> 0);
    return bytes.length;
  }

  #node(owner: number, path: number, nibbles: number, hash: number, out: number, capacity: number): number {
    if (this.#source === "preimages") return this.#preimage(hash, out, capacity);
    const place = nibblesOf(this.read(path, 32), 0, nibbles);
    this.requested.add(`${owner === 0 ? "" : Buffer.from(this.read(owner, 32)).toString("hex")}/${place.join()}`);
    const bytes = this.flat.node(owner === 0 ? new Uint8Array(0) : this.read(owner, 32), place);
    if (bytes === undefined) throw new Error(`no node at ${place.join()}`);
    if (bytes.length <= capacity) this.#bytes().set(bytes, out >>> 0);
    return bytes.length;
  }

  #flat(out: number, entry: () => Uint8Array | undefined): number {
    if (this.#source === "preimages") return -1;
    const bytes = entry();
    if (bytes) this.#bytes().set(bytes, out >>> 0);
    return bytes?.length ?? 0;
  }
}
