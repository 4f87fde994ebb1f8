import { statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseStatistics } from "./api.ts";
import { DATA_FILE } from "./data-file.ts";
import { DATABASE_FORMAT } from "./format.ts";
import { readPosition } from "./position.ts";
import { type Environment, TABLE_NAMES, type TableName, type TableStatistics } from "./tables.ts";

/** First byte of the keys of storage nodes. */
const STORAGE_NODES = Uint8Array.of(1);

/** @param logBytes size of the log beside the tables */
export function statistics(environment: Environment, logBytes: number): DatabaseStatistics {
  const { directory, tables } = environment;
  const stores = Object.fromEntries(TABLE_NAMES.map((name) => [name, tables[name].statistics()])) as Record<
    TableName,
    TableStatistics
  >;
  const { height, horizon } = readPosition(environment);
  const { accounts, slots, nodes } = stores;
  const storageNodes = tables.nodes.count(STORAGE_NODES);
  const nodeBytes = nodes.entries === 0 ? 0 : nodes.bytes / nodes.entries;
  return {
    format: DATABASE_FORMAT,
    height: height ?? -1n,
    horizon,
    stores,
    fileBytes: statSync(join(directory, DATA_FILE)).size,
    logBytes,
    bytesPerAccount: perEntry(accounts.bytes + (nodes.entries - storageNodes) * nodeBytes, accounts.entries),
    bytesPerSlot: perEntry(slots.bytes + storageNodes * nodeBytes, slots.entries),
  };
}

function perEntry(bytes: number, entries: number): number {
  return entries === 0 ? 0 : bytes / entries;
}
