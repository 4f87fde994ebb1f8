import type { ChildProcess } from "node:child_process";
import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { REPOSITORY } from "@hyperion/test/fixtures";
import type { Hex } from "viem";
import { toHex } from "viem";
import { peerCache } from "./peer-cache.ts";
import type { WorkloadAccount } from "./workloads.ts";

/** An account as the harness reads it. */
export interface RevmAccount extends Omit<WorkloadAccount, "balance"> {
  readonly balance: Hex;
  readonly nonce: number;
}

/** Requests of `peers/revm/src/protocol.rs`. */
export type RevmRequest =
  | { readonly op: "open"; readonly fork: string }
  | { readonly op: "accounts"; readonly accounts: readonly RevmAccount[] }
  | { readonly op: "call"; readonly from: string; readonly to: string; readonly data: string; readonly gas: number }
  | { readonly op: "block"; readonly transactions: readonly Hex[] };

/** Nanoseconds of CPU time, gas (of a call before refunds), how many transactions failed, a call's output. */
export interface RevmAnswer {
  readonly recover: number;
  readonly execute: number;
  readonly gas: number;
  readonly failed: number;
  readonly output: Hex;
}

/** The running harness around the `revm` crate: no inspector, no RPC, the thread's own CPU clock. */
export interface Revm {
  ask(request: RevmRequest): Promise<RevmAnswer>;
  close(): void;
}

/** Accounts per request: the harness reads a line at a time. */
const ACCOUNTS = 500;

/** Replaces the harness's state; every account has nonce 1. */
export async function openRevm(revm: Revm, fork: string, accounts: readonly WorkloadAccount[]): Promise<void> {
  await revm.ask({ op: "open", fork });
  for (let at = 0; at < accounts.length; at += ACCOUNTS) {
    const some = accounts.slice(at, at + ACCOUNTS);
    const records = some.map((account) => ({ ...account, nonce: 1, balance: toHex(account.balance) }));
    await revm.ask({ op: "accounts", accounts: records });
  }
}

const MANIFEST: string = join(REPOSITORY, "bench", "peers", "revm", "Cargo.toml");

/** Builds the harness when needed and starts it; nothing, with a line in the log, where there is no cargo. */
export async function startRevm(log: (line: string) => void): Promise<Revm | undefined> {
  const cargo = cargoBinary();
  if (cargo === undefined) {
    log("no cargo on this machine: no revm peer");
    return undefined;
  }
  log("building the revm peer");
  const target = peerCache("revm");
  const build = ["build", "--release", "--locked", "--quiet", "--manifest-path", MANIFEST];
  await promisify(execFile)(cargo, build, { env: { ...process.env, CARGO_TARGET_DIR: target } });
  return converse(spawn(join(target, "release", "hyperion-bench-revm"), { stdio: ["pipe", "pipe", "inherit"] }));
}

function cargoBinary(): string | undefined {
  const candidates = ["cargo", join(homedir(), ".cargo", "bin", "cargo")];
  return candidates.find((path) => (path === "cargo" ? works(path) : existsSync(path)));
}

function works(command: string): boolean {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

function converse(child: ChildProcess): Revm {
  process.once("exit", () => child.kill());
  const answers = createInterface(child.stdout!)[Symbol.asyncIterator]();
  return {
    async ask(request) {
      child.stdin!.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`revm ended with ${child.exitCode ?? child.signalCode}`);
      return JSON.parse(value) as RevmAnswer;
    },
    close: () => child.stdin!.end(),
  };
}
