import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { ModelError } from "../errors.ts";
import { ModelHasher, rootOf } from "./model-hasher.ts";

export interface ModelStoreOptions {
  /** Created when missing; `undefined`: blobs are in memory only. */
  readonly folder: string | undefined;
  /** Bytes of blobs kept in memory besides those that are nowhere else. */
  readonly residentBytes: number;
}

/** A place that may have a blob, and may give anything else instead. */
export interface BlobSource {
  /** For errors and logs. */
  readonly name: string;
  /** `limit`: most bytes that are of use. Throws what its transport throws. */
  read(limit: number): AsyncIterable<Uint8Array>;
}

const FETCH_TIMEOUT_MS = 300_000;

/** The blobs that a node has, by root. What is in it was checked against its root once, when it came in. */
export class ModelStore {
  readonly #folder: string | undefined;
  readonly #residentBytes: number;
  /** The newest used last. */
  readonly #resident = new Map<string, Uint8Array>();
  readonly #pinned = new Map<string, Uint8Array>();

  constructor({ folder, residentBytes }: ModelStoreOptions) {
    this.#folder = folder;
    this.#residentBytes = residentBytes;
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
  }

  /** Keeps a blob in memory for good: the chain's default model. */
  pin(root: Uint8Array, bytes: Uint8Array): void {
    this.#pinned.set(keyOf(root), bytes);
  }

  has(root: Uint8Array): boolean {
    const key = keyOf(root);
    return (
      this.#pinned.has(key) || this.#resident.has(key) || (this.#folder !== undefined && existsSync(this.#file(key)))
    );
  }

  /** The blob, or `undefined` when it is not here. Throws `ModelError` `DAMAGED_FILE` when its file is not what it was. */
  get(root: Uint8Array): Uint8Array | undefined {
    const key = keyOf(root);
    const known = this.#pinned.get(key) ?? this.#resident.get(key);
    if (known) {
      if (this.#resident.delete(key)) this.#resident.set(key, known);
      return known;
    }
    if (this.#folder === undefined || !existsSync(this.#file(key))) return undefined;
    const bytes = new Uint8Array(readFileSync(this.#file(key)));
    if (Buffer.compare(rootOf(bytes), root) !== 0) {
      throw new ModelError("DAMAGED_FILE", `${this.#file(key)} does not hold the model of that name`);
    }
    this.#remember(key, bytes);
    return bytes;
  }

  /** Takes a blob in. Returns its root. */
  add(bytes: Uint8Array): Uint8Array {
    const root = rootOf(bytes);
    const key = keyOf(root);
    if (this.#folder === undefined) this.#pinned.set(key, bytes);
    else {
      const partial = `${this.#file(key)}.${process.pid}.part`;
      writeFileSync(partial, bytes);
      renameSync(partial, this.#file(key));
    }
    return root;
  }

  /**
   * Takes a blob in, chunk by chunk, and only if it has this root.
   *
   * @param source a file, an HTTP address, or somewhere else
   * @param limit most bytes that are read
   * @throws ModelError `TOO_LARGE`, or `DAMAGED_FILE` when what came is not that model; errors of reading as they are
   */
  async fetch(root: Uint8Array, source: string | BlobSource, limit: number): Promise<void> {
    const { name, read } = typeof source === "string" ? addressSource(source) : source;
    const hasher = new ModelHasher();
    const sink = await this.#sink(keyOf(root));
    try {
      for await (const chunk of read(limit)) {
        if (hasher.length + chunk.length > limit) {
          throw new ModelError("TOO_LARGE", `${name} is longer than the ${limit} bytes of the model`);
        }
        hasher.update(chunk);
        await sink.write(chunk);
      }
      if (Buffer.compare(hasher.root(), root) !== 0) {
        throw new ModelError("DAMAGED_FILE", `${name} is not the model 0x${keyOf(root)}`);
      }
      await sink.keep();
    } finally {
      await sink.close();
    }
  }

  #file(key: string): string {
    return join(this.#folder!, `${key}.model`);
  }

  #remember(key: string, bytes: Uint8Array): void {
    let used = bytes.length;
    for (const resident of this.#resident.values()) used += resident.length;
    for (const [oldest, resident] of this.#resident) {
      if (used <= this.#residentBytes) break;
      this.#resident.delete(oldest);
      used -= resident.length;
    }
    if (bytes.length <= this.#residentBytes) this.#resident.set(key, bytes);
  }

  /** Where a blob goes while nobody knows yet whether it is the right one. */
  async #sink(key: string): Promise<Sink> {
    if (this.#folder === undefined) {
      const chunks: Uint8Array[] = [];
      return {
        write: async (chunk) => void chunks.push(chunk),
        keep: async () => void this.#pinned.set(key, new Uint8Array(Buffer.concat(chunks))),
        close: async () => {},
      };
    }
    const target = this.#file(key);
    const partial = `${target}.${process.pid}.part`;
    const file = await open(partial, "w");
    return {
      write: async (chunk) => void (await file.write(chunk)),
      keep: async () => {
        await file.sync();
        renameSync(partial, target);
      },
      close: async () => {
        await file.close();
        rmSync(partial, { force: true });
      },
    };
  }
}

interface Sink {
  write(chunk: Uint8Array): Promise<void>;
  keep(): Promise<void>;
  close(): Promise<void>;
}

const addressSource = (address: string): BlobSource => ({ name: address, read: () => chunksOf(address) });

async function* chunksOf(source: string): AsyncGenerator<Uint8Array> {
  if (!/^https?:\/\//.test(source)) {
    yield* createReadStream(source);
    return;
  }
  const response = await fetch(source, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
  if (!response.ok || !response.body) throw new ModelError("DAMAGED_FILE", `${source} answered ${response.status}`);
  yield* response.body;
}

const keyOf = (root: Uint8Array): string => Buffer.from(root).toString("hex");
