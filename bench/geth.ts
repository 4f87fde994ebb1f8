import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { toHex } from "viem";
import { answering, freePort, rpc } from "./json-rpc.ts";
import { peerCache } from "./peer-cache.ts";
import type { Node } from "./token-load.ts";

/** The newest release whose dependencies the module proxy has all of. */
const VERSION = "v1.17.5";
const PACKAGE = `github.com/ethereum/go-ethereum/cmd/geth@${VERSION}`;

/** go-ethereum's binary, built when needed; nothing, with a line in the log, where there is no Go. */
export async function gethBinary(log: (line: string) => void): Promise<string | undefined> {
  const folder = peerCache(`geth-${VERSION}`);
  const binary = join(folder, "geth");
  if (existsSync(binary)) return binary;
  const go = ["go", "/usr/local/go/bin/go"].find(
    (path) => spawnSync(path, ["version"], { stdio: "ignore" }).status === 0,
  );
  if (go === undefined) {
    log("no Go on this machine: no geth peer");
    return undefined;
  }
  log(`building geth ${VERSION}`);
  await promisify(execFile)(go, ["install", PACKAGE], { env: { ...process.env, GOBIN: folder }, maxBuffer: 2 ** 26 });
  return binary;
}

/** `geth --dev` with a database on disk, a block as soon as there are transactions, and ether for `owner`. */
export async function startGeth(binary: string, owner: string): Promise<Node> {
  const [port, directory] = [await freePort(), mkdtempSync(join(tmpdir(), "geth-bench-"))];
  const http = ["--http", "--http.port", `${port}`, "--http.api", "eth,net,web3"];
  const quiet = ["--verbosity", "1", "--nodiscover", "--ipcdisable", "--authrpc.port", `${await freePort()}`];
  const arguments_ = ["--dev", "--datadir", directory, "--dev.gaslimit", "1000000000", ...http, ...quiet];
  const child = spawn(binary, arguments_, { stdio: ["ignore", "ignore", "inherit"] });
  process.once("exit", () => child.kill());
  const url = `http://127.0.0.1:${port}`;
  await answering(url, child);
  const [developer] = await rpc<[string]>(url, "eth_accounts", []);
  await rpc(url, "eth_sendTransaction", [{ from: developer, to: owner, value: toHex(10n ** 24n) }]);
  return {
    url,
    pid: child.pid!,
    close: () =>
      new Promise((resolve) => {
        child.once("exit", () => {
          rmSync(directory, { recursive: true, force: true });
          resolve();
        });
        child.kill();
      }),
  };
}
