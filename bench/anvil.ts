import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A running anvil: Foundry's development node, revm underneath. */
export interface Anvil {
  readonly url: string;
  readonly pid: number;
  rpc<T = unknown>(method: string, params: readonly unknown[]): Promise<T>;
  close(): Promise<void>;
}

/** Path of the binary installed by the optional dependency for this platform. */
export function anvilBinary(): string | undefined {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const platform = process.platform === "win32" ? "win32" : process.platform;
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `@foundry-rs/anvil-${platform}-${architecture}/package.json`,
    );
    const binary = join(dirname(manifest), "bin", process.platform === "win32" ? "anvil.exe" : "anvil");
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

/** Starts anvil on a free port with the given further arguments. */
export async function startAnvil(args: readonly string[]): Promise<Anvil> {
  const binary = anvilBinary();
  if (binary === undefined) throw new Error(`no anvil binary for ${process.platform} ${process.arch} is installed`);
  const child = spawn(binary, ["--port", "0", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => child.kill());
  const url = `http://${await listeningAddress(child)}`;
  return {
    url,
    pid: child.pid!,
    rpc: (method, params) => rpc(url, method, params),
    close: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill();
      }),
  };
}

function listeningAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const address = /Listening on (\S+)/.exec(output)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once("exit", (code) => reject(new Error(`anvil exited with ${code}: ${output}`)));
  });
}

/** One JSON-RPC request over HTTP; throws on an error response. */
export async function rpc<T>(url: string, method: string, params: readonly unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: T; error?: { message: string } };
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result;
}
