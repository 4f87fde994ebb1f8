import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { answering, freePort, rpc } from "./json-rpc.ts";

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

/** Starts a silent anvil on a free port with the given further arguments. */
export async function startAnvil(args: readonly string[]): Promise<Anvil> {
  const binary = anvilBinary();
  if (binary === undefined) throw new Error(`no anvil binary for ${process.platform} ${process.arch} is installed`);
  const port = await freePort();
  const child = spawn(binary, ["--silent", "--port", `${port}`, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  process.once("exit", () => child.kill());
  const url = `http://127.0.0.1:${port}`;
  await answering(url, child);
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
