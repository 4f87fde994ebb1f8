import type { Block, Blockchain, LocatedLog, LogQuery } from "@hyperion/chain";
import type { ModelStore } from "@hyperion/inference";
import { PREDEPLOY_ADDRESSES } from "@hyperion/rollup";
import type { Logger } from "pino";
import { bytesToHex, decodeEventLog, hexToBytes, parseAbi } from "viem";
import type { NodeConfig } from "./config/schema.ts";
import { modelSources } from "./model-sources.ts";

const ABI = parseAbi([
  "event ModelRegistered(bytes32 indexed root, address indexed publisher, uint64 activeFrom, uint32 size, string location)",
]);
const REGISTRY = hexToBytes(PREDEPLOY_ADDRESSES.modelRegistry);
/** Tries to fetch a model, with a pause that doubles. */
const ATTEMPTS = 12;
const FIRST_PAUSE_MS = 1_000;

interface Registration {
  readonly root: Uint8Array;
  readonly size: number;
  readonly location: string;
}

/**
 * Fetches the models that are registered while the node runs, and those that it lacks from before: from the configured sources
 * and where their publishers say they are.
 */
export const followRegistry = (
  chain: Blockchain,
  store: ModelStore,
  config: NodeConfig["inference"],
  logger: Logger,
): { close(): void } => {
  const stopped = new AbortController();
  const onLogs = (logs: readonly LocatedLog[]): void => {
    for (const log of logs) {
      const registration = readRegistration(log);
      if (registration && !store.has(registration.root))
        void fetchModel(registration, store, config, logger, stopped.signal);
    }
  };
  const read = (query: LogQuery): void => {
    chain
      .logs({ ...query, addresses: [REGISTRY] })
      .then(onLogs, (err: unknown) => logger.error({ err }, "the registry of models cannot be read"));
  };
  // Whoever listens to all logs has all receipts decoded.
  const onHead = ({ hash }: Block): void => read({ blockHash: hash });
  chain.on("newHead", onHead);
  read({ fromBlock: 0n, toBlock: chain.head().header.number });
  return {
    close() {
      stopped.abort();
      chain.off("newHead", onHead);
    },
  };
};

const readRegistration = ({ log: { address, topics, data } }: LocatedLog): Registration | undefined => {
  if (Buffer.compare(address, REGISTRY) !== 0) return undefined;
  try {
    const words = topics.map((topic) => bytesToHex(topic)) as [`0x${string}`, ...`0x${string}`[]];
    const { args } = decodeEventLog({ abi: ABI, topics: words, data: bytesToHex(data) });
    return { root: hexToBytes(args.root), size: args.size, location: args.location };
  } catch {
    return undefined;
  }
};

const fetchModel = async (
  { root, size, location }: Registration,
  store: ModelStore,
  config: NodeConfig["inference"],
  logger: Logger,
  stopped: AbortSignal,
): Promise<void> => {
  const name = bytesToHex(root);
  const candidates = modelSources(name, location, config);
  for (let attempt = 0; attempt < ATTEMPTS && !stopped.aborted && !store.has(root); attempt++) {
    for (const candidate of candidates) {
      const from = typeof candidate === "string" ? candidate : candidate.name;
      try {
        await store.fetch(root, candidate, size);
        logger.info({ model: name, from }, "model fetched");
        return;
      } catch (err) {
        logger.debug({ model: name, from, err }, "model not fetched");
      }
    }
    await pause(FIRST_PAUSE_MS * 2 ** attempt, stopped);
  }
  if (!store.has(root))
    logger.error({ model: name }, "a registered model is not here: blocks that call it cannot be made");
};

const pause = (milliseconds: number, stopped: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    timer.unref();
    stopped.addEventListener("abort", () => resolve(), { once: true });
  });
