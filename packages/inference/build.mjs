// Builds this package's WebAssembly: the trainer, and the kernel's inference engine on its own (SIMD and scalar).
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const here = dirname(fileURLToPath(import.meta.url));
const entry = "../kernel/assembly/entry/infer.ts";
/** 3 GiB, as the kernel's. */
const MAXIMUM_PAGES = "49152";
const common = ["-O3", "--noAssert", "--runtime", "stub", "--use", "TRACE=0"];

const outputs = {
  trainer: ["assembly/trainer.ts", ...common, "--enable", "simd"],
  engine: [
    entry,
    ...common,
    "--importMemory",
    "--use",
    "SIMD=1",
    "--use",
    "GUEST=0",
    "--enable",
    "simd",
    "--enable",
    "threads",
    "--sharedMemory",
    "--maximumMemory",
    MAXIMUM_PAGES,
  ],
  "engine-scalar": [entry, ...common, "--importMemory", "--use", "SIMD=0", "--use", "GUEST=1", "--disable", "simd"],
};

mkdirSync(join(here, "dist"), { recursive: true });
const wanted = process.argv.slice(2);
for (const [name, args] of Object.entries(outputs)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { error, stderr } = await asc.main([...args, "-o", `dist/${name}.wasm`, "--baseDir", here]);
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
}
