import { setImmediate } from "node:timers/promises";
import { ADDRESS_KIND, type IndexClause } from "@hyperion/metisdb";
import type { LocatedLog, LogFilter, LogQuery } from "./api.ts";
import type { ChainStore } from "./chain-store.ts";
import { ChainError } from "./errors.ts";
import { blockLogs } from "./located-logs.ts";

/** Blocks looked at before other work gets its turn. */
const SLICE = 64;

/**
 * Logs of one block or of a canonical range, in chain order.
 *
 * @throws ChainError UNKNOWN_BLOCK, INVALID_RANGE, QUERY_LIMIT
 */
export async function queryLogs(store: ChainStore, query: LogQuery): Promise<LocatedLog[]> {
  if (query.blockHash) {
    const block = store.block(query.blockHash);
    if (!block) throw new ChainError("UNKNOWN_BLOCK", "unknown block");
    return limited(blockLogs(block, query), query.limit);
  }
  const head = store.head.header.number;
  const from = query.fromBlock ?? head;
  const to = query.toBlock ?? head;
  if (from > to || from < 0n) throw new ChainError("INVALID_RANGE", "invalid block range params");
  if (to > head) throw new ChainError("INVALID_RANGE", "block range extends beyond current head block");
  return queryRange(store, query, from, to);
}

async function queryRange(store: ChainStore, query: LogQuery, from: bigint, to: bigint): Promise<LocatedLog[]> {
  const found: LocatedLog[] = [];
  let visited = 0;
  for await (const number of candidates(store, query, from, to)) {
    const block = store.block(number);
    // A reorg may have shortened the chain since the index was read.
    if (!block) continue;
    for (const log of blockLogs(block, query)) found.push(log);
    limited(found, query.limit);
    if (++visited % SLICE === 0) await setImmediate();
  }
  return found;
}

async function* candidates(store: ChainStore, filter: LogFilter, from: bigint, to: bigint): AsyncGenerator<bigint> {
  const clauses = indexClauses(filter);
  if (clauses.length === 0) {
    for (let number = from; number <= to; number++) yield number;
    return;
  }
  await store.database.durable();
  yield* store.database.logCandidates(clauses, from, to);
}

function indexClauses({ addresses = [], topics = [] }: LogFilter): IndexClause[] {
  const clauses = topics.map((values, position): IndexClause => ({ kind: position + 1, values: values ?? [] }));
  return [{ kind: ADDRESS_KIND, values: addresses }, ...clauses].filter((clause) => clause.values.length > 0);
}

function limited(logs: LocatedLog[], limit: number | undefined): LocatedLog[] {
  if (limit !== undefined && logs.length > limit) {
    throw new ChainError("QUERY_LIMIT", `query returned more than ${limit} results`);
  }
  return logs;
}
