import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeConfigSchema, startNode } from "@hyperion/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REPOSITORY } from "../conformance/fixtures.ts";

const MAIN = join(REPOSITORY, "apps", "cli", "dist", "main.js");

const db = (...args: string[]): { status: number | null; output: string; errors: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "db", ...args], { encoding: "utf8" });
  return { status, output: stdout, errors: stderr };
};

describe("hyperion db on the data of a stopped node", () => {
  const directory = mkdtempSync(join(tmpdir(), "hyperion-db-"));
  const data = join(directory, "data");
  const snapshot = join(directory, "snapshot");
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  beforeAll(async () => {
    const config = nodeConfigSchema.parse({
      dataDir: data,
      inference: { enabled: false },
      rpc: { port: 0 },
      sequencer: { blockTimeMs: 10 },
    });
    const node = await startNode(config);
    await new Promise<void>((resolve) => node.onPersisted((number) => number >= 5n && resolve()));
    await node.close();
  });

  it("verifies and describes it", () => {
    const verified = JSON.parse(db("verify", "--json", "--data-dir", data).output);
    expect(verified.difference).toBeUndefined();
    expect(verified.accounts).toBeGreaterThan(10);
    const described = JSON.parse(db("stat", "--json", "--data-dir", data).output);
    expect(described.height).toBe(verified.height);
    expect(db("verify", "--data-dir", data)).toMatchObject({ status: 0, output: expect.stringContaining("whole") });
  });

  it("takes a past state to another folder, where a node continues from it", async () => {
    const exported = JSON.parse(db("export", snapshot, "--height", "3", "--json", "--data-dir", data).output);
    const copy = join(directory, "copy");
    expect(db("import", snapshot, "--root", `0x${"11".repeat(32)}`, "--data-dir", copy).status).toBe(1);
    const imported = JSON.parse(db("import", snapshot, "--root", exported.root, "--json", "--data-dir", copy).output);
    expect(imported).toMatchObject({ height: 3, root: exported.root });
    const node = await startNode(
      nodeConfigSchema.parse({ dataDir: copy, inference: { enabled: false }, rpc: { port: 0 } }),
    );
    expect(node.recovery).toBeUndefined();
    expect(node.status().blockNumber).toBeGreaterThanOrEqual(3);
    await node.close();
  });

  it("says what is wrong", () => {
    const absent = db("verify", "--data-dir", join(directory, "none"));
    expect(absent).toMatchObject({ status: 1, errors: expect.stringContaining("--data-dir") });
    const above = db("export", snapshot, "--height", "999999", "--data-dir", data);
    expect(above).toMatchObject({ status: 1, errors: expect.stringContaining("no block 999999") });
  });
});
