// Builds the kernel's three WebAssembly modules from one AssemblyScript source, after generating its opcode table.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const asc = join(dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")), "bin", "asc.js");

const MAXIMUM_PAGES = "49152";
const COMMON = [
  "-O3",
  "--noAssert",
  "--runtime",
  "stub",
  "--importMemory",
  "--maximumMemory",
  MAXIMUM_PAGES,
  "--transform",
  "./spec/unmanaged.mjs",
];
const SHARED = ["--sharedMemory", "--enable", "threads"];

const BUILDS = [
  {
    name: "kernel",
    entry: "entry/node.ts",
    trace: 0,
    simd: 1,
    guest: 0,
    options: [...SHARED, "--enable", "simd", "--exportTable"],
  },
  {
    name: "kernel-trace",
    entry: "entry/node.ts",
    trace: 1,
    simd: 1,
    guest: 0,
    options: [...SHARED, "--enable", "simd"],
  },
  { name: "program", entry: "entry/program.ts", trace: 0, simd: 0, guest: 1, options: [] },
];

const wanted = process.argv.slice(2);
mkdirSync(dist, { recursive: true });
await generate();
await Promise.all(BUILDS.filter(({ name }) => wanted.length === 0 || wanted.includes(name)).map(compile));

/** Writes the generated tables to `assembly/generated`. */
async function generate() {
  await run([join(here, "spec", "generate.mjs")], "spec");
}

async function compile({ name, entry, trace, simd, guest, options }) {
  const output = join(dist, `${name}.wasm`);
  const stamp = `${output}.sha256`;
  const hash = sourceHash(join(here, "assembly"), `${name} ${options.join(" ")} ${COMMON.join(" ")}`);
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  const uses = ["--use", `TRACE=${trace}`, "--use", `SIMD=${simd}`, "--use", `GUEST=${guest}`];
  // Renamed into place, so that a reader never sees half a module.
  const partial = join(dist, `${name}.${process.pid}.wasm`);
  await run([asc, join("assembly", entry), "-o", partial, ...COMMON, ...uses, ...options], name);
  renameSync(partial, output);
  writeFileSync(stamp, hash);
}

function run(args, what) {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: here }, (error, stdout, stderr) => {
      if (!error) return resolve();
      console.error(`${what}: ${stdout}${stderr}`);
      process.exit(1);
    });
  });
}

function sourceHash(folder, salt) {
  const hash = createHash("sha256").update(salt);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    hash.update(path).update(readFileSync(path));
  }
  return hash.digest("hex");
}
