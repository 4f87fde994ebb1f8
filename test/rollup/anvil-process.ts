import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

/** A running anvil. */
export interface AnvilProcess {
  readonly url: string;
  request(method: string, params?: readonly unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Path of the binary that npm ships, for Linux on x64 only; `undefined` elsewhere. */
export function anvilBinary(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve("@foundry-rs/anvil-linux-amd64/package.json");
    const path = join(dirname(manifest), "bin", "anvil");
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Starts anvil on a free port. */
export async function startAnvil(binary: string, flags: readonly string[]): Promise<AnvilProcess> {
  const child = spawn(binary, ["--port", "0", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      const address = /Listening on (\S+)/.exec(line);
      if (address) resolve(`http://${address[1]}`);
    });
    child.once("exit", (code) => reject(new Error(`anvil ended with ${code}`)));
  });
  return {
    url,
    request: (method, params = []) => request(url, method, params),
    stop: async () => {
      process.off("exit", kill);
      child.kill();
      await ended;
    },
  };
}

async function request(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}
