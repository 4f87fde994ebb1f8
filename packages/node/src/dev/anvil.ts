import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { ConfigError } from "../config/load.ts";

export interface AnvilOptions {
  readonly binary: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly chainId: number;
  /** Funded public accounts, and what each has in ether. */
  readonly accounts: number;
  readonly balanceEth: number;
  /** Where the chain is kept; `undefined`: nowhere. */
  readonly folder: string | undefined;
}

/** An L1 of one's own. It mines only when it is told to. */
export interface Anvil {
  readonly url: string;
  request(method: string, params?: readonly unknown[]): Promise<unknown>;
  /** Called when it ends without having been stopped. */
  onExit(listener: () => void): void;
  /** Keeps its state. Idempotent. */
  stop(): Promise<void>;
}

const STATE = "state.json";
const PROCESS = "anvil.pid";
const DUMP_SECONDS = 300;
const LAST_RUN_MS = 10_000;

/**
 * Stops anvil, which saves its state, when standard input ends: whatever becomes of this process, nothing is left
 * behind. In a session of its own, Ctrl-C does not reach it before the roles that need it have ended.
 */
const GUARD = 'exec 3<&0; "$@" </dev/null & pid=$!; (cat <&3 >/dev/null; kill $pid 2>/dev/null) & wait $pid';

/** The binary that npm installed for this platform, or the one that the user has installed; `undefined`: neither. */
export const anvilBinary = (): string | undefined => {
  if (process.platform === "win32") return undefined;
  return [installedBinary(), ...searchPath()].find((path) => path !== undefined && existsSync(path));
};

/** npm has it for Linux on x64. */
const installedBinary = (): string | undefined => {
  try {
    const manifest = createRequire(import.meta.url).resolve("@foundry-rs/anvil-linux-amd64/package.json");
    return join(dirname(manifest), "bin", "anvil");
  } catch {
    return undefined;
  }
};

const searchPath = (): readonly string[] =>
  (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "anvil"));

/** @throws ConfigError when it does not start */
export const startAnvil = async (options: AnvilOptions): Promise<Anvil> => {
  const { folder } = options;
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    await lastRunEnded(folder);
  }
  const child = spawn("/bin/sh", ["-c", GUARD, "sh", options.binary, ...flagsOf(options)], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  // Its end is noticed by its exit.
  child.stdin.on("error", () => {});
  if (folder !== undefined) writeFileSync(join(folder, PROCESS), `${child.pid}`);
  const url = await listening(child);
  let onExit: () => void = () => {};
  child.once("exit", () => onExit());
  return {
    url,
    request: (method, params = []) => request(url, method, params),
    onExit: (listener) => {
      onExit = listener;
    },
    stop: async () => {
      onExit = () => {};
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.end();
      await ended;
    },
  };
};

const flagsOf = ({ port, chainId, accounts, balanceEth, folder }: AnvilOptions): readonly string[] => [
  ...["--port", `${port}`, "--chain-id", `${chainId}`, "--hardfork", "prague", "--no-mining"],
  // Two blocks are final: what L2 makes of them need not be derived again at the next start.
  ...["--accounts", `${accounts}`, "--balance", `${balanceEth}`, "--slots-in-an-epoch", "1"],
  ...(folder === undefined ? [] : ["--state", join(folder, STATE), "--state-interval", `${DUMP_SECONDS}`]),
];

/** After a crash the last run's anvil may still be saving its state. */
const lastRunEnded = async (folder: string): Promise<void> => {
  const file = join(folder, PROCESS);
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8"));
  for (const start = performance.now(); isAlive(pid) && performance.now() - start < LAST_RUN_MS; ) await setTimeout(50);
};

const isAlive = (pid: number): boolean => {
  try {
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
};

const listening = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let errors = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-2_000);
    });
    createInterface(child.stdout!).on("line", (line) => {
      const address = /Listening on (\S+)/.exec(line);
      if (address) resolve(`http://${address[1]}`);
    });
    child.once("error", reject);
    child.once("exit", () => reject(new ConfigError(`The embedded L1 did not start: ${errors.trim()}`)));
  });

const request = async (url: string, method: string, params: readonly unknown[]): Promise<unknown> => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
};
