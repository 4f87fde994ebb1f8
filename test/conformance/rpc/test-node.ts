import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Blockchain } from "@hyperion/chain";
import { parseGenesis } from "@hyperion/kernel";
import { Database } from "@hyperion/metisdb";
import { createRpcServer, forkIdBlocks, NAMESPACES, rpcConfigSchema } from "@hyperion/rpc";
import { SoloOrdering } from "@hyperion/sequencer";
import { toBytes } from "../hex.ts";

/** A node that imported a test chain and answers over HTTP. */
export interface TestNode {
  /** Posts a request body; resolves to the response body. */
  ask(request: string): Promise<string>;
  close(): Promise<void>;
}

interface ForkchoiceUpdate {
  readonly params: readonly [{ headBlockHash: string; safeBlockHash: string; finalizedBlockHash: string }];
}

const silent = (): void => {};

/** Starts a node on `genesis.json`, imports `chain.rlp` and sets the heads that `headfcu.json` gives. Nothing seals blocks. */
export async function startTestNode(folder: string): Promise<TestNode> {
  const json = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), "utf8"));
  const genesisFile = json("genesis.json") as { config: Record<string, unknown> };
  const { config, genesis } = parseGenesis(genesisFile);
  const chain = await Blockchain.open({ config, genesis, database: Database.temporary() });
  await chain.importBlocks(readFileSync(join(folder, "chain.rlp")));
  const [heads] = (json("headfcu.json") as ForkchoiceUpdate).params;
  await chain.setHead(toBytes(heads.headBlockHash));
  chain.setSafe(toBytes(heads.safeBlockHash));
  chain.setFinalized(toBytes(heads.finalizedBlockHash));
  const ordering = new SoloOrdering({ chain, interval: 0 });
  const server = createRpcServer({
    chain,
    ordering,
    sealing: ordering,
    config: rpcConfigSchema.parse({ port: 0, namespaces: [...NAMESPACES] }),
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    clientVersion: "Hyperion/conformance",
    extraForkBlocks: forkIdBlocks(genesisFile.config),
  });
  const url = await server.listen();
  return {
    ask: async (body) => {
      const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
      return response.text();
    },
    close: async () => {
      await server.close();
      await chain.close();
    },
  };
}
