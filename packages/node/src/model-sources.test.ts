import { mkdtempSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModelStore, readDefaultModel } from "@hyperion/inference";
import { AltDaClient, createDaServer, type DaServer, encodeCommitment } from "@hyperion/rollup";
import { bytesToHex, type Hex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelSources } from "./model-sources.ts";

const model = readDefaultModel();
const root: Hex = bytesToHex(model.root);
const limit = model.bytes.length;
const settings = (daServers: readonly string[]): Parameters<typeof modelSources>[2] =>
  ({ sources: [], fetch: true, daServers }) as unknown as Parameters<typeof modelSources>[2];

const servers: DaServer[] = [];
const start = async (kind: "keccak" | "generic"): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "hyperion-da-"));
  const server = await createDaServer({ folder, host: "127.0.0.1", port: 0, kind, maxBytes: 1 << 24 });
  servers.push(server);
  return server.url;
};

describe("models from alt-DA servers", () => {
  let liar: Server;
  let lying: string;
  beforeAll(async () => {
    const other = model.bytes.slice();
    other[limit - 1]! ^= 1;
    liar = createServer((_, response) => void response.end(other));
    await new Promise<void>((resolve) => liar.listen(0, "127.0.0.1", resolve));
    lying = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    liar.close();
    await Promise.all(servers.map((server) => server.close()));
  });

  /** What each server of the location came to, in order, up to the first that had the model. */
  const outcomes = async (location: string, urls: readonly string[], most = limit): Promise<unknown[]> => {
    const store = new ModelStore({ folder: undefined, residentBytes: 0 });
    const found: unknown[] = [];
    for (const source of modelSources(root, location, settings(urls))) {
      found.push(
        await store.fetch(model.root, source, most).then(
          () => Buffer.compare(store.get(model.root)!, model.bytes) === 0,
          (error) => error.code,
        ),
      );
      if (found.at(-1) === true) return found;
      expect(store.has(model.root)).toBe(false);
    }
    return found;
  };

  it.each(["keccak", "generic"] as const)(
    "are fetched by %s commitments, past servers that lie or lack them",
    async (kind) => {
      const [empty, honest] = [await start(kind), await start(kind)];
      const commitment = await new AltDaClient({ urls: [honest], kind }).put(model.bytes);
      const location = `da:${bytesToHex(encodeCommitment(commitment))}`;
      const lie = kind === "keccak" ? "MISMATCH" : "DAMAGED_FILE";
      expect(await outcomes(location, [empty, lying, honest])).toEqual(["NOT_FOUND", lie, true]);
      expect(await outcomes(location, [honest], limit - 1)).toEqual(["TOO_LARGE"]);
      expect(await outcomes(location, ["http://127.0.0.1:1"])).toEqual(["UNREACHABLE"]);
    },
  );

  it("asks nobody for what is no commitment, and no server that the publisher names", () => {
    for (const location of ["da:0x", "da:0x00", "da:0x0102zz", "da:http://127.0.0.1", "", "file:///etc/passwd"]) {
      expect(modelSources(root, location, settings([lying]))).toEqual([]);
    }
    expect(modelSources(root, "https://models.example/a", settings([lying]))).toEqual(["https://models.example/a"]);
  });
});
