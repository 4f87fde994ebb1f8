import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY } from "../conformance/fixtures.ts";

/** A `hyperion dev` process, as a person would start it. */
export interface NodeProcess {
  readonly rpcUrl: string;
  readonly webSocketUrl: string;
  /** Its L1; absent without one. */
  readonly l1?: { readonly rpcUrl: string; readonly chainId: number };
  readonly chainId: number;
  readonly accounts: readonly { readonly address: `0x${string}`; readonly privateKey: `0x${string}` }[];
  /** Interrupts it as Ctrl-C does; resolves to its exit code. */
  stop(): Promise<number | null>;
}

interface ReadyEvent extends Omit<NodeProcess, "stop"> {
  readonly event: "ready";
}

/** Starts a development chain on a free port with a data directory of its own; `rollup`: with an L1 and everything on it. */
export async function startNodeProcess(flags: readonly string[] = [], rollup: boolean = false): Promise<NodeProcess> {
  const directory = mkdtempSync(join(tmpdir(), "hyperion-e2e-"));
  const main = join(REPOSITORY, "apps", "cli", "dist", "main.js");
  const args = [
    main,
    "dev",
    "--json",
    "--rpc-port",
    "0",
    "--data-dir",
    directory,
    ...(rollup ? [] : ["--no-l1"]),
    ...flags,
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const ready = await readyEvent(child);
  return {
    ...ready,
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", (code) => {
          process.off("exit", kill);
          rmSync(directory, { recursive: true, force: true });
          resolve(code);
        });
        child.kill("SIGINT");
      }),
  };
}

function readyEvent(child: ChildProcess): Promise<ReadyEvent> {
  return new Promise((resolve, reject) => {
    let errors = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.once("exit", (code) => reject(new Error(`the node exited with ${code} before it was ready:\n${errors}`)));
    createInterface(child.stdout!).on("line", (line) => {
      if (!line.startsWith("{")) return;
      const event = JSON.parse(line) as ReadyEvent | { event: "progress" };
      if (event.event === "ready") resolve(event as ReadyEvent);
    });
  });
}
