import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY } from "@hyperion/test/fixtures";

export interface HyperionNode {
  readonly url: string;
  readonly pid: number;
  readonly process: ChildProcess;
  /** What the start did after a crash. */
  readonly recovery: { readonly replayedRecords: number; readonly milliseconds: number } | undefined;
  close(): Promise<void>;
}

export interface HyperionNodeOptions {
  /** Default: one that goes with the node. */
  readonly directory?: string;
  /** Further arguments of the command line. */
  readonly settings?: readonly string[];
}

type Event = { readonly event: string; readonly rpcUrl: string } & NonNullable<HyperionNode["recovery"]>;

/** Starts `hyperion dev` as its own process on a free port. */
export async function startHyperion({ directory, settings = [] }: HyperionNodeOptions = {}): Promise<HyperionNode> {
  const data = directory ?? mkdtempSync(join(tmpdir(), "hyperion-bench-"));
  const main = join(REPOSITORY, "apps", "cli", "dist", "main.js");
  const child = spawn(
    process.execPath,
    [main, "dev", "--no-l1", "--json", "--rpc-port", "0", "--data-dir", data, ...settings],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  let recovery: HyperionNode["recovery"];
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the node exited with ${code}`)));
    createInterface(child.stdout).on("line", (line) => {
      // The kill may cut the last line.
      if (!line.endsWith("}")) return;
      const event = JSON.parse(line) as Event;
      if (event.event === "recovered") recovery = event;
      if (event.event === "ready") resolve(event.rpcUrl);
    });
  });
  return {
    url,
    pid: child.pid!,
    process: child,
    recovery,
    close: () =>
      new Promise((resolve) => {
        child.once("exit", () => {
          if (directory === undefined) rmSync(data, { recursive: true, force: true });
          resolve();
        });
        child.kill("SIGINT");
      }),
  };
}
