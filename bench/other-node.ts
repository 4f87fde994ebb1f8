import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { peerCache } from "./peer-cache.ts";

/** Runs `script and arguments`, less `--node`, under the Node.js release `version` (a major or an exact one); its exit status. */
export function runUnder(version: string, argv: readonly string[]): number {
  if (!/^\d+(\.\d+){0,2}$/.test(version)) throw new RangeError(`not a version of Node.js: ${version}`);
  const rest = argv.filter((argument, at) => argv[at - 1] !== "--node" && !/^--node(=|$)/.test(argument));
  return spawnSync(nodeBinary(version), rest, { stdio: "inherit" }).status ?? 1;
}

function nodeBinary(version: string): string {
  const folder = peerCache(`node-${version}`);
  const binary = join(folder, "node_modules", "node", "bin", "node");
  if (!existsSync(binary)) {
    const install = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", `node@${version}`];
    execFileSync("npm", install, { stdio: ["ignore", "ignore", "inherit"] });
  }
  return binary;
}
