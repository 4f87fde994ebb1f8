import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY } from "../conformance/fixtures.ts";

const BLOCK_TIME_MS = "20";

interface Events {
  readonly ready: { readonly rpcUrl: string; readonly accounts: readonly { readonly address: string }[] };
  readonly persisted: { readonly number: number; readonly hash: string };
}

/** A `hyperion dev` process that ends by being killed. */
export interface KilledNode {
  readonly accounts: readonly string[];
  /** Results in the order of the calls. @throws when the process is gone, or a call is refused */
  ask(calls: readonly (readonly [method: string, params: readonly unknown[]])[]): Promise<unknown[]>;
  kill(): Promise<void>;
}

/** @param onPersisted hears of every block that the process called durable */
export async function startKilledNode(
  directory: string,
  onPersisted: (number: number, hash: string) => void,
): Promise<KilledNode> {
  const main = join(REPOSITORY, "apps", "cli", "dist", "main.js");
  const settings = [
    "--data-dir",
    directory,
    "--sequencer-block-time-ms",
    BLOCK_TIME_MS,
    "--inference-enabled",
    "false",
  ];
  const child = spawn(process.execPath, [main, "dev", "--json", "--rpc-port", "0", ...settings], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const onExit = (): void => void child.kill("SIGKILL");
  process.once("exit", onExit);
  const { rpcUrl, accounts } = await untilReady(child, onPersisted);
  return {
    accounts: accounts.map(({ address }) => address),
    ask: (calls) => ask(rpcUrl, calls),
    kill: () =>
      new Promise((resolve) => {
        process.off("exit", onExit);
        child.once("close", () => resolve());
        child.kill("SIGKILL");
      }),
  };
}

function untilReady(
  child: ChildProcess,
  onPersisted: (number: number, hash: string) => void,
): Promise<Events["ready"]> {
  return new Promise((resolve, reject) => {
    let errors = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.once("exit", (code) => reject(new Error(`the node exited with ${code} before it was ready:\n${errors}`)));
    createInterface(child.stdout!).on("line", (line) => {
      // The kill may cut the last line.
      if (!line.startsWith("{") || !line.endsWith("}")) return;
      const event = JSON.parse(line) as { event: string } & Events["ready"] & Events["persisted"];
      if (event.event === "persisted") onPersisted(event.number, event.hash);
      if (event.event === "ready") resolve(event);
    });
  });
}

async function ask(url: string, calls: readonly (readonly [string, readonly unknown[]])[]): Promise<unknown[]> {
  const body = JSON.stringify(calls.map(([method, params], id) => ({ jsonrpc: "2.0", id, method, params })));
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const answers = (await response.json()) as { id: number; result?: unknown; error?: { message: string } }[];
  return answers
    .sort((a, b) => a.id - b.id)
    .map(({ result, error }) => {
      if (error) throw new Error(error.message);
      return result;
    });
}
