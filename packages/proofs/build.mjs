// Builds this package's WebAssembly: the RV64IM emulator, and the one that counts how often each instruction runs.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const here = dirname(fileURLToPath(import.meta.url));
const common = ["assembly/emulator.ts", "-O3", "--noAssert", "--runtime", "stub", "--importMemory"];
const outputs = {
  emulator: [...common, "--use", "PROFILE=0"],
  "emulator-profile": [...common, "--use", "PROFILE=1"],
};

mkdirSync(join(here, "dist"), { recursive: true });
for (const [name, args] of Object.entries(outputs)) {
  const { error, stderr } = await asc.main([...args, "-o", `dist/${name}.wasm`, "--baseDir", here]);
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
}
