// Builds everything that changed: WebAssembly kernel, contracts, TypeScript. Each step skips itself when its inputs are unchanged.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bin = (name) => join(root, "node_modules", ".bin", name);

/** Steps in order; `inputs` and `outputs` decide whether a step may be skipped (none: always runs, the tool itself is incremental). */
const steps = [
  {
    name: "kernel (AssemblyScript to WebAssembly)",
    inputs: [
      "packages/kernel/assembly",
      "packages/kernel/src/opcodes.ts",
      "packages/kernel/src/types.ts",
      "packages/kernel/spec",
      "packages/kernel/build.mjs",
      "package-lock.json",
    ],
    outputs: [
      "packages/kernel/dist/kernel.wasm",
      "packages/kernel/dist/kernel-trace.wasm",
      "packages/kernel/dist/program.wasm",
    ],
    command: [process.execPath, "packages/kernel/build.mjs"],
  },
  {
    name: "inference (AssemblyScript to WebAssembly)",
    inputs: [
      "packages/kernel/assembly",
      "packages/inference/assembly",
      "packages/inference/build.mjs",
      "package-lock.json",
    ],
    outputs: ["engine", "engine-scalar", "trainer"].map((build) => `packages/inference/dist/${build}.wasm`),
    command: [process.execPath, "packages/inference/build.mjs"],
  },
  {
    name: "proofs (AssemblyScript to WebAssembly)",
    inputs: ["packages/proofs/assembly", "packages/proofs/build.mjs", "package-lock.json"],
    outputs: ["emulator", "emulator-profile"].map((build) => `packages/proofs/dist/${build}.wasm`),
    command: [process.execPath, "packages/proofs/build.mjs"],
  },
  {
    name: "derivation (AssemblyScript to WebAssembly)",
    inputs: [
      "packages/kernel/assembly",
      "packages/kernel/spec",
      "packages/rollup/assembly",
      "packages/rollup/spec",
      "packages/rollup/build.mjs",
      "package-lock.json",
    ],
    outputs: ["packages/rollup/dist/derivation.wasm"],
    command: [process.execPath, "packages/rollup/build.mjs"],
  },
  {
    name: "contracts (Solidity)",
    inputs: ["contracts", "package-lock.json"],
    outputs: ["contracts/dist/manifest.json"],
    command: [process.execPath, "contracts/build.mjs"],
  },
  { name: "TypeScript", command: [bin("tsc"), "-b"] },
];

for (const step of steps) {
  const stamp = join(root, "node_modules", ".hyperion", `${step.name.split(" ")[0]}.sha256`);
  const wanted = step.inputs && hashOf(step.inputs);
  if (
    wanted &&
    step.outputs.every((file) => existsSync(join(root, file))) &&
    existsSync(stamp) &&
    readFileSync(stamp, "utf8") === wanted
  )
    continue;
  process.stderr.write(`building ${step.name}…`);
  const started = Date.now();
  const [command, ...args] = step.command;
  const result = spawnSync(command, args, { cwd: root, encoding: "utf8", shell: process.platform === "win32" });
  if (result.status !== 0) {
    console.error(` failed\n${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`);
    process.exit(1);
  }
  console.error(` ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (wanted) {
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, wanted);
  }
}

function hashOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths) addTo(hash, path);
  return hash.digest("hex");
}

function addTo(hash, path) {
  const absolute = join(root, path);
  if (!existsSync(absolute)) return;
  try {
    const entries = readdirSync(absolute, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries)
      if (!["dist", "node_modules", "generated"].includes(entry.name)) addTo(hash, `${path}/${entry.name}`);
  } catch (error) {
    if (error.code !== "ENOTDIR") throw error;
    hash.update(`${path}\0`).update(readFileSync(absolute));
  }
}
