import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY } from "@hyperion/test/fixtures";

export interface HyperionNode {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

/** Starts `hyperion dev` as its own process on a free port with a fresh data directory, and with further arguments. */
export async function startHyperion(extra: readonly string[] = []): Promise<HyperionNode> {
  const directory = mkdtempSync(join(tmpdir(), "hyperion-bench-"));
  const main = join(REPOSITORY, "apps", "cli", "dist", "main.js");
  const child = spawn(process.execPath, [main, "dev", "--json", "--rpc-port", "0", "--data-dir", directory, ...extra], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the node exited with ${code}`)));
    createInterface(child.stdout).on("line", (line) => {
      const event = JSON.parse(line) as { event: string; rpcUrl: string };
      if (event.event === "ready") resolve(event.rpcUrl);
    });
  });
  return {
    url,
    pid: child.pid!,
    close: () =>
      new Promise((resolve) => {
        child.once("exit", () => {
          rmSync(directory, { recursive: true, force: true });
          resolve();
        });
        child.kill("SIGINT");
      }),
  };
}
