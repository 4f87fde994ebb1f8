import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY } from "../conformance/fixtures.ts";

const BLOCK_TIME_MS = "20";

/** What a node reports of itself, one JSON object per line. */
interface Events {
  readonly ready: { readonly rpcUrl: string; readonly accounts: readonly { readonly address: string }[] };
  readonly persisted: { readonly number: number; readonly hash: string };
  readonly failed: { readonly code: string; readonly message: string };
}

export interface Listeners {
  /** Hears of every block that the process calls durable. */
  readonly onPersisted: (number: number, hash: string) => void;
  /** The process makes no more blocks. */
  readonly onFailed?: (failure: Events["failed"]) => void;
}

export interface Ending {
  readonly status: number | null;
  /** What it wrote for people. */
  readonly errors: string;
}

export type Call = readonly [method: string, params: readonly unknown[]];

/** A call that the node answered with an error. */
export class RefusedCall extends Error {
  override readonly name = "RefusedCall";
}

/** The process ended before it served anything. */
export class FailedStart extends Error {
  override readonly name = "FailedStart";
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(`the node exited with ${ending.status} before it was ready:\n${ending.errors}`);
    this.ending = ending;
  }
}

/** A `hyperion dev` process that something bad happens to. */
export interface CrashedNode {
  readonly accounts: readonly string[];
  /** Results in the order of the calls. @throws RefusedCall; TypeError when the process is gone */
  ask(calls: readonly Call[]): Promise<unknown[]>;
  signal(signal: NodeJS.Signals): void;
  /** @param signal SIGKILL is a crash, SIGINT Ctrl-C */
  end(signal: "SIGKILL" | "SIGINT"): Promise<Ending>;
}

/**
 * @param nodeFlags for Node.js itself
 * @throws FailedStart
 */
export async function startNode(
  directory: string,
  listeners: Listeners,
  nodeFlags: readonly string[] = [],
): Promise<CrashedNode> {
  const main = join(REPOSITORY, "apps", "cli", "dist", "main.js");
  const settings = [
    "--no-l1",
    "--data-dir",
    directory,
    "--sequencer-block-time-ms",
    BLOCK_TIME_MS,
    "--inference-enabled",
    "false",
  ];
  const child = spawn(process.execPath, [...nodeFlags, main, "dev", "--json", "--rpc-port", "0", ...settings], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const onExit = (): void => void child.kill("SIGKILL");
  process.once("exit", onExit);
  const ended = ending(child);
  void ended.then(() => process.off("exit", onExit));
  const { rpcUrl, accounts } = await untilReady(child, ended, listeners);
  return {
    accounts: accounts.map(({ address }) => address),
    ask: (calls) => ask(rpcUrl, calls),
    signal: (signal) => void child.kill(signal),
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

function ending(child: ChildProcess): Promise<Ending> {
  let errors = "";
  child.stderr!.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, errors })));
}

function untilReady(
  child: ChildProcess,
  ended: Promise<Ending>,
  { onPersisted, onFailed }: Listeners,
): Promise<Events["ready"]> {
  return new Promise((resolve, reject) => {
    void ended.then((end) => reject(new FailedStart(end)));
    createInterface(child.stdout!).on("line", (line) => {
      // A kill may cut the last line.
      if (!line.startsWith("{") || !line.endsWith("}")) return;
      const event = JSON.parse(line) as { event: string } & Events["ready"] & Events["persisted"] & Events["failed"];
      if (event.event === "persisted") onPersisted(event.number, event.hash);
      if (event.event === "failed") onFailed?.(event);
      if (event.event === "ready") resolve(event);
    });
  });
}

async function ask(url: string, calls: readonly Call[]): Promise<unknown[]> {
  const body = JSON.stringify(calls.map(([method, params], id) => ({ jsonrpc: "2.0", id, method, params })));
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const answers = (await response.json()) as { id: number; result?: unknown; error?: { message: string } }[];
  return answers
    .sort((a, b) => a.id - b.id)
    .map(({ result, error }) => {
      if (error) throw new RefusedCall(error.message);
      return result;
    });
}
