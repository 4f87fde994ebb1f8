// Makes a fresh clone ready: installs dependencies and builds, once per lockfile. Built-ins only: it runs before any dependency exists.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const cache = join(root, "node_modules", ".hyperion");
const stampFile = join(cache, "lockfile.sha256");
const lockDir = join(root, ".setup-lock");
const LOCK_STALE_MS = 15 * 60_000;

checkNodeVersion();
await withLock(() => {
  install();
  run("build", process.execPath, [join(root, "scripts", "build.mjs")]);
});

function checkNodeVersion() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Node.js ${process.versions.node} is too old: Hyperion needs 20.19 or newer.`,
    "Install the current LTS release of Node.js and run the command again.",
  );
}

function install() {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(process.version)
    .digest("hex");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) return;
  run("install", "npm", ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]);
  mkdirSync(cache, { recursive: true });
  writeFileSync(stampFile, wanted);
}

function run(step, command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (result.status === 0) return;
  fail(
    `Setup stopped: the ${step} step failed (${result.error?.message ?? `exit code ${result.status}`}).`,
    "The output above says why. Check that the npm registry is reachable and the folder is writable, then run the command again.",
  );
}

async function withLock(work) {
  let announced = false;
  for (;;) {
    try {
      mkdirSync(lockDir);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") {
        fail(
          `Setup cannot write to ${root} (${error.code}).`,
          "Make the folder writable, or clone the repository somewhere you own.",
        );
      }
      if (Date.now() - statSync(lockDir, { throwIfNoEntry: false })?.mtimeMs > LOCK_STALE_MS)
        rmSync(lockDir, { recursive: true });
      if (!announced) console.error("Waiting for another setup of this folder to finish…");
      announced = true;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  const release = () => rmSync(lockDir, { recursive: true, force: true });
  process.on("exit", release);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
  work();
  release();
}

function fail(what, wayOut) {
  console.error(`\n${what}\n${wayOut}`);
  process.exit(1);
}
