import { existsSync, readdirSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { keccak256 } from "@hyperion/kernel";
import { decodeAccount, EMPTY_CODE_HASH, EMPTY_ROOT } from "./account.ts";
import type { SnapshotInfo } from "./api.ts";
import { indexEntries } from "./block-index.ts";
import { DATA_FILE } from "./data-file.ts";
import { lockDirectory } from "./directory-lock.ts";
import { DatabaseError } from "./errors.ts";
import { INTERNAL_META, markImporting, writeFormat } from "./format.ts";
import { nodeKey, numberKey, readNumber, text } from "./keys.ts";
import { makeDirectory } from "./opening.ts";
import { writePosition } from "./position.ts";
import type { OnProgress } from "./progress.ts";
import { fillReaderTable } from "./reader-table.ts";
import type { Entry } from "./record.ts";
import {
  checksumMatches,
  decodePart,
  invalidSnapshot,
  MAX_FRAME_BYTES,
  SNAPSHOT_MAGIC,
  type SnapshotPart,
} from "./snapshot-file.ts";
import { StackTrie } from "./stack-trie.ts";
import { storedExecution } from "./stored-execution.ts";
import { type Environment, MAX_READERS, openEnvironment, READER_TABLE, type TableName } from "./tables.ts";
import { leafValue } from "./trie-node.ts";

const HASH = 32;
const NOTHING: readonly Entry[] = [];
const FRAME_HEADER_BYTES = 8;
const NO_OWNER = new Uint8Array(0);
/** Taken as they are; what they mean is for the chain to check. */
const PLAIN_TABLES: ReadonlySet<TableName> = new Set(["headers", "bodies", "executions", "canonical"] as const);
/** Follow from the plain ones, and are made of them. */
const FOLLOWING_TABLES: ReadonlySet<TableName> = new Set(["numbers", "transactions", "logs"] as const);
const NUMBER_BYTES = 8;

export interface ImportOptions {
  /** The root that is trusted, when the file's own word is not enough. */
  readonly verifyRoot?: Uint8Array | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Makes a database of a snapshot file. The root is rebuilt from the entries, branch nodes included, and must be the one
 * that the file names; nothing remains of a snapshot that fails.
 *
 * @throws DatabaseError SNAPSHOT_INVALID, DATABASE_LOCKED, DIRECTORY_NOT_WRITABLE, FOREIGN_DATABASE (the directory is not empty),
 * DISK_FULL, WRITE_FAILED
 */
export async function importSnapshot(
  file: string,
  directory: string,
  { verifyRoot, onProgress = () => {} }: ImportOptions = {},
): Promise<SnapshotInfo> {
  makeDirectory(directory);
  const release = lockDirectory(directory);
  try {
    if (existsSync(join(directory, DATA_FILE))) {
      throw new DatabaseError("FOREIGN_DATABASE", `${directory} is not empty: import into a new directory`);
    }
    fillReaderTable(join(directory, READER_TABLE), MAX_READERS);
    return await intoEmpty(file, directory, verifyRoot, onProgress);
  } finally {
    release();
  }
}

async function intoEmpty(
  file: string,
  directory: string,
  verifyRoot: Uint8Array | undefined,
  onProgress: OnProgress,
): Promise<SnapshotInfo> {
  const handle = await open(file, "r").catch((cause: unknown) => {
    throw invalidSnapshot(`${file} cannot be read`, { cause });
  });
  const environment = openEnvironment(directory, { synced: true });
  let whole = false;
  try {
    const info = await new Import(environment, verifyRoot).run(handle, onProgress);
    whole = true;
    return info;
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== "RECORD_DAMAGED") throw error;
    throw invalidSnapshot("has entries that do not decode", { cause: error });
  } finally {
    await handle.close();
    await environment.close();
    if (!whole) removeData(directory);
  }
}

function removeData(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.startsWith("data.") || name.startsWith("lock.mdb")) rmSync(join(directory, name), { force: true });
  }
}

/** One pass over the parts; the tries grow as their entries come. */
class Import {
  readonly #environment: Environment;
  readonly #verifyRoot: Uint8Array | undefined;
  readonly #state: StackTrie;
  #storage = new StackTrie();
  #account: Uint8Array | undefined;
  #storageRoot: Uint8Array = EMPTY_ROOT;
  #slot: Uint8Array | undefined;
  #counts = { accounts: 0, slots: 0 };
  #headers = 0;

  constructor(environment: Environment, verifyRoot: Uint8Array | undefined) {
    this.#environment = environment;
    this.#verifyRoot = verifyRoot;
    this.#state = this.#trie(NO_OWNER);
  }

  async run(file: FileHandle, onProgress: OnProgress): Promise<SnapshotInfo> {
    const { size } = await file.stat();
    const parts = readParts(file, (bytes) => onProgress(bytes / size));
    const header = (await parts.next()).value;
    if (header?.kind !== "header") throw invalidSnapshot("does not begin with a header");
    if (this.#verifyRoot && !same(header.root, this.#verifyRoot)) throw invalidSnapshot("has another root than wanted");
    writeFormat(this.#environment);
    this.#environment.write(() => markImporting(this.#environment, true));
    for await (const part of parts) {
      if (part.kind === "entries") this.#environment.write(() => this.#take(part.entries));
      else if (part.kind === "end") return this.#finish(header, part, size);
      else throw invalidSnapshot("has a second header");
    }
    throw invalidSnapshot("ends early");
  }

  #finish(
    { height, root }: Extract<SnapshotPart, { kind: "header" }>,
    end: Extract<SnapshotPart, { kind: "end" }>,
    bytes: number,
  ): SnapshotInfo {
    this.#environment.write(() => {
      this.#closeAccount();
      const found = this.#state.root();
      if (!same(found, root)) throw invalidSnapshot(`holds a state with root 0x${Buffer.from(found).toString("hex")}`);
      const { accounts, slots } = this.#counts;
      if (accounts !== end.accounts || slots !== end.slots) throw invalidSnapshot("has lost entries");
      this.#environment.tables.states.put(numberKey(height), root);
      writePosition(this.#environment, { sequence: 0, height, horizon: height });
      markImporting(this.#environment, false);
    });
    return { height, root, ...this.#counts, headers: this.#headers, bytes };
  }

  #take(entries: readonly Entry[]): void {
    for (const [table, key, value] of entries) {
      if (value === undefined) throw invalidSnapshot("has an entry without a value");
      if (table === "accounts") this.#takeAccount(key, value);
      else if (table === "slots") this.#takeSlot(key, value);
      else if (table === "code" && !same(keccak256(value), key)) throw invalidSnapshot("has code with a wrong hash");
      else if (FOLLOWING_TABLES.has(table)) continue;
      else if (table === "meta" ? INTERNAL_META.has(text(key)) : table !== "code" && !PLAIN_TABLES.has(table)) {
        throw invalidSnapshot(`has an entry of table ${table} that it must not have`);
      }
      for (const [index, at, entry] of this.#following(table, key, value)) {
        this.#environment.tables[index].put(at, entry);
      }
      if (table === "accounts" || table === "slots") this.#environment.tables[table].append(key, value);
      else this.#environment.tables[table].put(key, value);
    }
  }

  /** Entries of other tables that a header, and a canonical block that came whole, bring with them. */
  #following(table: TableName, key: Uint8Array, value: Uint8Array): readonly Entry[] {
    if (table === "headers") {
      if (key.length !== NUMBER_BYTES + HASH) throw invalidSnapshot("has a header without number and hash");
      this.#headers++;
      return [["numbers", key.slice(NUMBER_BYTES), key.slice(0, NUMBER_BYTES)]];
    }
    if (table !== "canonical") return NOTHING;
    if (key.length !== NUMBER_BYTES || value.length !== HASH) throw invalidSnapshot("has a block without its hash");
    const execution = this.#environment.tables.executions.get(Buffer.concat([key, value]));
    return execution ? indexEntries(readNumber(key, 0), storedExecution(execution), true) : NOTHING;
  }

  #takeAccount(hash: Uint8Array, slim: Uint8Array): void {
    this.#closeAccount();
    if (hash.length !== HASH || (this.#account && Buffer.compare(this.#account, hash) >= 0)) throw disordered();
    const { storageRoot, codeHash } = decodeAccount(slim);
    if (!same(codeHash, EMPTY_CODE_HASH) && !this.#environment.tables.code.get(codeHash)) {
      throw invalidSnapshot("has an account without its code");
    }
    this.#account = hash;
    this.#storageRoot = storageRoot;
    this.#storage = this.#trie(hash);
    this.#slot = undefined;
    this.#state.add(hash, leafValue("accounts", slim));
    this.#counts.accounts++;
  }

  #takeSlot(key: Uint8Array, value: Uint8Array): void {
    const owner = this.#account;
    if (key.length !== 2 * HASH || !owner || !same(key.subarray(0, HASH), owner)) throw disordered();
    const slot = key.subarray(HASH);
    if (this.#slot && Buffer.compare(this.#slot, slot) >= 0) throw disordered();
    this.#slot = slot;
    this.#storage.add(slot, leafValue("slots", value));
    this.#counts.slots++;
  }

  #closeAccount(): void {
    if (this.#account && !same(this.#storage.root(), this.#storageRoot)) {
      throw invalidSnapshot(`has other slots than account 0x${Buffer.from(this.#account).toString("hex")} names`);
    }
  }

  #trie(owner: Uint8Array): StackTrie {
    return new StackTrie((path, rlp) => this.#environment.tables.nodes.put(nodeKey(owner, path), rlp));
  }
}

/** @param onRead hears how many bytes were read in all */
async function* readParts(file: FileHandle, onRead: (bytes: number) => void): AsyncGenerator<SnapshotPart> {
  const magic = await readExactly(file, SNAPSHOT_MAGIC.length);
  if (!magic || !same(magic, SNAPSHOT_MAGIC)) throw invalidSnapshot("is not one of this software");
  for (let read = magic.length; ; ) {
    const header = await readExactly(file, FRAME_HEADER_BYTES);
    if (!header) return;
    const length = header.readUInt32LE(0);
    const payload = length <= MAX_FRAME_BYTES ? await readExactly(file, length) : undefined;
    if (!payload || !checksumMatches(header, payload)) throw invalidSnapshot("is damaged");
    read += header.length + payload.length;
    onRead(read);
    yield decodePart(payload);
  }
}

/** `undefined` where the file ends before. */
async function readExactly(file: FileHandle, length: number): Promise<Buffer | undefined> {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read);
    if (bytesRead === 0) return undefined;
    read += bytesRead;
  }
  return bytes;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function disordered(): DatabaseError {
  return invalidSnapshot("has entries out of order");
}
