import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { AltDaClient, type AltDaError, type Batcher, type CommitmentKind } from "@hyperion/rollup";
import { afterEach, describe, expect, test } from "vitest";
import { REPOSITORY } from "../../conformance/fixtures.ts";
import { anvilBinary, startAnvil } from "../anvil-process.ts";
import { type LightNode, LightRollup } from "../light-rollup.ts";

const binary = anvilBinary();
const L1_FLAGS = ["--chain-id", "900", "--hardfork", "prague", "--accounts", "0"];

describe.skipIf(binary === undefined)("batches outside of L1", () => {
  const folder = mkdtempSync(join(tmpdir(), "hyperion-alt-da-"));
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** `hyperion da-server` as a process. */
  async function daServer(kind: CommitmentKind): Promise<{ readonly url: string; stop(): Promise<void> }> {
    const main = join(REPOSITORY, "apps", "cli", "dist", "main.js");
    const flags = ["da-server", "--data-dir", folder, "--port", "0", "--commitment", kind, "--json"];
    const child = spawn(process.execPath, [main, ...flags], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const url = await new Promise<string>((resolve, reject) => {
      createInterface(child.stdout).on("line", (line) => {
        const event = JSON.parse(line) as { event: string; url: string };
        if (event.event === "ready") resolve(event.url);
      });
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    });
    const stop = async (): Promise<void> => {
      child.kill("SIGTERM");
      await ended;
    };
    closers.push(stop);
    return { url, stop };
  }

  async function open(kind: CommitmentKind): Promise<LightRollup> {
    const rollup = await LightRollup.create(await startAnvil(binary!, L1_FLAGS), { altDa: { kind } });
    closers.push(() => rollup.close());
    return rollup;
  }

  async function post(sequencer: LightNode, batcher: Batcher): Promise<void> {
    while ((await batcher.post()) === 0) await sequencer.deriver.catchUp();
    await sequencer.deriver.catchUp();
  }

  test.each(["keccak", "generic"] as const)(
    "are found again by %s commitments, and held up while they are not",
    async (kind) => {
      const rollup = await open(kind);
      const server = await daServer(kind);
      const altDa = new AltDaClient({ urls: [server.url], kind });
      const sequencer = await rollup.node(altDa);
      for (let i = 0; i < 5; i++) await rollup.build(sequencer, 2);
      await post(sequencer, rollup.batcher(sequencer, { altDa }));
      const block = (await rollup.anvil.request("eth_getBlockByNumber", ["latest", true])) as {
        transactions: { input: string }[];
      };
      expect(block.transactions[0]!.input).toMatch(kind === "keccak" ? /^0x0100[0-9a-f]{64}$/ : /^0x0101/);
      const head = sequencer.engine.unsafe().hash;
      expect(sequencer.engine.safe().hash).toBe(head);
      await server.stop();
      const blind = await rollup.node(altDa);
      await expect(blind.deriver.catchUp()).rejects.toMatchObject({ code: "UNREACHABLE" });
      expect(blind.engine.safe().number).toBe(0n);
      const again = await daServer(kind);
      const verifier = await rollup.node(new AltDaClient({ urls: [server.url, again.url], kind }));
      await verifier.deriver.catchUp();
      expect(verifier.engine.safe().hash).toBe(head);
    },
    120_000,
  );

  test("go to blobs while the server says 503, and back when it does not", async () => {
    const rollup = await open("keccak");
    const kept = new Map<string, Buffer>();
    let isDown = true;
    const http = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const key = request.url!.split("/").at(-1)!;
        if (isDown) response.writeHead(503).end();
        else if (request.method === "GET") response.end(kept.get(key));
        else {
          kept.set(key, Buffer.concat(parts));
          response.end();
        }
      });
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    closers.push(() => http.close());
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const altDa = new AltDaClient({ urls: [url], kind: "keccak" });
    const sequencer = await rollup.node(altDa);
    const failures: string[] = [];
    const onFailOver = ({ code }: AltDaError): void => void failures.push(code);
    const batcher = rollup.batcher(sequencer, { altDa, onFailOver });
    for (const down of [true, false]) {
      isDown = down;
      for (let i = 0; i < 5; i++) await rollup.build(sequencer, 1);
      await post(sequencer, batcher);
    }
    expect(failures).toEqual(["UNAVAILABLE"]);
    expect(kept.size).toBe(1);
    const verifier = await rollup.node(altDa);
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().hash).toBe(sequencer.engine.unsafe().hash);
    expect(verifier.engine.safe().number).toBe(10n);
  }, 120_000);
});
