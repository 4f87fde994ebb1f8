import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("readers in threads see one height each while blocks commit and history is pruned", () => {
  // Threads run compiled code, so it must be that of the source.
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const build = spawnSync(join(root, "node_modules", ".bin", "tsc"), ["-b", "packages/metisdb"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(build.stdout).toBe("");
  const directory = mkdtempSync(join(tmpdir(), "metisdb-isolation-"));
  try {
    const script = fileURLToPath(new URL("./isolation-process.mjs", import.meta.url));
    const run = spawnSync(process.execPath, [script, directory], { encoding: "utf8", timeout: 50_000 });
    expect(run.stderr).toBe("");
    const { inThreads, horizon } = JSON.parse(run.stdout) as { inThreads: number; horizon: number };
    expect(inThreads).toBeGreaterThan(20);
    expect(horizon).toBe(299);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
