import { Database } from "@hyperion/metisdb";
import type { NodeConfig } from "./config/schema.ts";

const MIB = 1024 * 1024;

/** @param folder `undefined`: in memory @throws DatabaseError */
export const openDatabase = (folder: string | undefined, database: NodeConfig["database"]): Database => {
  if (folder === undefined) return Database.temporary();
  const { durability, syncIntervalMs, archive, retainBlocks, pendingMib } = database;
  const retain = archive ? "all" : retainBlocks;
  return Database.open(folder, { durability, syncIntervalMs, retain, pendingBytes: pendingMib * MIB });
};
