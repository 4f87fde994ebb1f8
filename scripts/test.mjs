// The fast checks, in order: format and lint, types, tests. Arguments go to vitest: `npm test -- packages/rpc`.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const selection = process.argv.slice(2);

const checks = [
  { name: "lint", command: ["biome", "check", "--error-on-warnings", "."], skip: selection.length > 0 },
  { name: "types", command: ["tsc", "-b"], skip: selection.length > 0 },
  { name: "tests", command: ["vitest", "run", ...selection] },
];

for (const { name, command, skip } of checks) {
  if (skip) continue;
  const [tool, ...args] = command;
  const result = spawnSync(join(root, "node_modules", ".bin", tool), args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (result.status !== 0) {
    console.error(`\n${name} failed (${command.join(" ")}).`);
    process.exit(result.status ?? 1);
  }
}
