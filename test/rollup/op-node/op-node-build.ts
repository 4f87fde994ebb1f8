import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "../../conformance/fixtures.ts";

/** A program, or the reason why there is none. */
export interface Peer {
  readonly path?: string;
  readonly reason?: string;
}

const SOURCE = join(REPOSITORY, "test", "rollup", "op-node");
const MODULES = ["go.mod", "go.sum"];
const MODULE = "github.com/ethereum-optimism/optimism";
/** Folders of the module that op-node is not made of, and large. */
const LEFT_OUT = new Set(["rust", "docs", "op-acceptance-tests", "book", "deployments", "src", "test"]);

/**
 * The program around op-node's batch decoder.
 *
 * @param mayBuild fetches op-node's modules and builds (minutes) when that was not done before
 */
export const opNodeDecoder = (mayBuild: boolean): Promise<Peer> =>
  peer("decoder", ["main.go"], mayBuild, (go, path) => run(go, ["build", "-mod=readonly", "-o", path, "."], SOURCE));

/** op-node itself, which knows no chain but the one it is given. As `opNodeDecoder`. */
export const opNode = (mayBuild: boolean): Promise<Peer> =>
  peer("op-node", [join("empty-registry", "main.go")], mayBuild, buildOpNode);

async function peer(
  name: string,
  sources: readonly string[],
  mayBuild: boolean,
  build: (go: string, path: string) => Promise<unknown>,
): Promise<Peer> {
  const path = join(cacheFolder(), `${name}-${hashOf([...MODULES, ...sources])}`);
  if (existsSync(path)) return { path };
  if (!mayBuild) return { reason: "not built: `npm run soak -- op-node` builds it" };
  const go = ["go", "/usr/local/go/bin/go"].find(
    (candidate) => spawnSync(candidate, ["version"], { stdio: "ignore" }).status === 0,
  );
  if (go === undefined) return { reason: "no Go on this machine" };
  try {
    await build(go, path);
    return { path };
  } catch (error) {
    return { reason: `it cannot be built: ${String((error as { stderr?: string }).stderr ?? error).slice(-300)}` };
  }
}

/** The module lacks a file that op-node embeds, so it is built from a copy that has it. */
async function buildOpNode(go: string, path: string): Promise<void> {
  const { stdout } = await run(go, ["mod", "download", "-json", MODULE], SOURCE);
  const { Dir: module } = JSON.parse(stdout) as { Dir: string };
  const copy = mkdtempSync(join(tmpdir(), "op-node-"));
  try {
    cpSync(module, copy, { recursive: true, mode: 0, filter: (from) => !LEFT_OUT.has(basename(from)) });
    await run("chmod", ["-R", "u+w", copy], copy);
    await run(go, ["run", "./empty-registry", join(copy, "op-core", "superchain")], SOURCE);
    await run(go, ["build", "-mod=mod", "-o", path, "./op-node/cmd"], copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const run = (command: string, parameters: readonly string[], cwd: string): Promise<{ stdout: string }> =>
  promisify(execFile)(command, parameters, { cwd, maxBuffer: 2 ** 26 });

function cacheFolder(): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "hyperion", "peers", "op-node");
  mkdirSync(folder, { recursive: true });
  return folder;
}

function hashOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(SOURCE, file)));
  return hash.digest("hex").slice(0, 16);
}
