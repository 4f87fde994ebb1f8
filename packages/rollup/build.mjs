// Builds derivation.wasm: the consensus part of derivation, after generating the tables of Brotli.
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const here = dirname(fileURLToPath(import.meta.url));
/** 3 GiB, as the kernel's. */
const MAXIMUM_PAGES = "49152";
// One memory per instance, scalar: as the program of fault proofs is built.
const options = [
  ...["-O3", "--noAssert", "--runtime", "stub", "--maximumMemory", MAXIMUM_PAGES],
  ...["--use", "TRACE=0", "--use", "SIMD=0", "--use", "GUEST=1"],
  ...["--transform", "../kernel/spec/unmanaged.mjs"],
];

mkdirSync(join(here, "dist"), { recursive: true });
execFileSync(process.execPath, [join(here, "spec", "generate.mjs")], { stdio: "inherit" });
// Renamed into place, so that a reader never sees half a module.
const partial = `dist/derivation.${process.pid}.wasm`;
const { error, stderr } = await asc.main([
  "assembly/entry/derivation.ts",
  ...options,
  "-o",
  partial,
  "--baseDir",
  here,
]);
if (error) {
  console.error(stderr.toString());
  process.exit(1);
}
renameSync(join(here, partial), join(here, "dist", "derivation.wasm"));
