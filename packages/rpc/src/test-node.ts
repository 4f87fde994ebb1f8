import { Blockchain } from "@hyperion/chain";
import { type ParsedGenesis, parseGenesis } from "@hyperion/kernel";
import { Database } from "@hyperion/metisdb";
import { SoloOrdering } from "@hyperion/sequencer";
import { WebSocket } from "ws";
import { type RpcConfig, rpcConfigSchema } from "./config.ts";
import type { RpcLogger } from "./context.ts";
import { createRpcServer } from "./server.ts";

/** The account whose signed transfers are below. */
export const SENDER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
export const RECIPIENT = "0x00000000000000000000000000000000000000aa";
/** Emits a log whose topic is the first word of the call data. */
export const LOGGER = "0x1010101010101010101010101010101010101010";
/** Returns slot 0 and adds one to it. */
export const COUNTER = "0x2020202020202020202020202020202020202020";
/** Reverts with Error("no"). */
export const REVERTER = "0x3030303030303030303030303030303030303030";

/** Transfers of 1 wei from SENDER to RECIPIENT on chain 1337, by nonce. */
export const TRANSFERS: Readonly<Record<0 | 1 | 5, string>> = {
  0: "0x02f86c82053980843b9aca0084b2d05e008252089400000000000000000000000000000000000000aa0180c080a05e50e1a5a1a3ba13e8f03ddc5c6926b0caef23e6aa79e7489f75d6efd8c9934fa02b4047e3c81765147fd1111c83042c0c4ecde9576aa12ac135b3a68211df73e8",
  1: "0x02f86c82053901843b9aca0084b2d05e008252089400000000000000000000000000000000000000aa0180c080a01fd7d65ea993760bc962cd69ee31c5dd1c9e559b13e7da537954b70d17ccd435a05d3abc814e84d21e1cb5967728e3fd556d9190dfbb6506d9144c68ea4736c0e1",
  5: "0x02f86b82053905843b9aca0084b2d05e008252089400000000000000000000000000000000000000aa0180c080a01ed575922f966da311499480ca42d77f675f6866e488d86180e7556104ad445c9fe7d2e1ab47dd109abf383e7ac114f7306fc7d3f76958ed835d18af3827b165",
};

const LOGGER_CODE = "0x5f355f5fa100";
const COUNTER_CODE = "0x5f54805f526001015f5560205ff3";
/** Copies its last 100 bytes, the ABI encoding of Error("no"), to memory and reverts with them. */
const REVERTER_CODE = `0x6064600b5f3960645ffd00${`08c379a0${"20".padStart(64, "0")}${"2".padStart(64, "0")}`}${"6e6f".padEnd(64, "0")}`;

const genesis = (): ParsedGenesis =>
  parseGenesis({
    config: {
      chainId: 1337,
      ...{ homesteadBlock: 0, eip150Block: 0, eip155Block: 0, eip158Block: 0, byzantiumBlock: 0 },
      ...{ constantinopleBlock: 0, petersburgBlock: 0, istanbulBlock: 0, berlinBlock: 0, londonBlock: 0 },
      ...{ mergeNetsplitBlock: 0, terminalTotalDifficulty: 0, shanghaiTime: 0, cancunTime: 0 },
      blobSchedule: { cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 } },
    },
    gasLimit: "0x1c9c380",
    difficulty: "0x0",
    alloc: {
      [SENDER]: { balance: "0xde0b6b3a7640000" },
      [LOGGER]: { balance: "0x0", code: LOGGER_CODE },
      [COUNTER]: { balance: "0x0", code: COUNTER_CODE },
      [REVERTER]: { balance: "0x0", code: REVERTER_CODE },
    },
  });

/** What a JSON-RPC answer may look like. */
export interface RpcAnswer {
  readonly jsonrpc: "2.0";
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** A node with everything real, blocks sealed on demand. */
export interface TestNode {
  readonly url: string;
  readonly chain: Blockchain;
  readonly ordering: SoloOrdering;
  /** WebSocket connections that ended. */
  closedWebSockets(): number;
  /** Errors the server logged: unexpected ones. */
  readonly logged: readonly object[];
  post(body: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** The whole answer. */
  ask(method: string, ...params: readonly unknown[]): Promise<RpcAnswer>;
  /** The result; rejects with the error. */
  call(method: string, ...params: readonly unknown[]): Promise<unknown>;
  connect(): Promise<WebSocket>;
  close(): Promise<void>;
}

/** Starts a node for tests. */
export const startTestNode = async (config: Partial<RpcConfig> = {}): Promise<TestNode> => {
  const chain = await Blockchain.open({ ...genesis(), database: Database.temporary() });
  const ordering = new SoloOrdering({ chain, interval: 0 });
  await ordering.start();
  const logged: object[] = [];
  let closed = 0;
  const ignore = (): void => undefined;
  const logger: RpcLogger = { error: (fields) => void logged.push(fields), warn: ignore, info: ignore, debug: ignore };
  const server = createRpcServer({
    chain,
    ordering,
    sealing: ordering,
    config: rpcConfigSchema.parse({
      port: 0,
      namespaces: ["eth", "net", "web3", "txpool", "debug", "dev", "testing"],
      ...config,
    }),
    logger,
    metrics: {
      start: () => ignore,
      connections: (kind, delta) => {
        if (kind === "websocket" && delta < 0) closed++;
      },
    },
    clientVersion: "Hyperion/test",
  });
  const url = await server.listen();
  const post = (body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(url, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
  const ask = async (method: string, ...params: readonly unknown[]): Promise<RpcAnswer> => {
    const response = await post(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
    return (await response.json()) as RpcAnswer;
  };
  return {
    url,
    chain,
    ordering,
    closedWebSockets: () => closed,
    logged,
    post,
    ask,
    async call(method, ...params) {
      const { error, result } = await ask(method, ...params);
      if (error) throw Object.assign(new Error(error.message), error);
      return result;
    },
    connect: () => connect(url),
    async close() {
      await server.close();
      await ordering.stop();
      await chain.close();
    },
  };
};

const connect = (url: string): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace("http", "ws"));
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
