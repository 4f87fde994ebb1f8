#!/usr/bin/env node
// Stands in for the solc binary that Foundry would download: the same compiler from npm, with the two calls forge makes.
// SOLC_RESOLVE_FROM: a file or folder whose node_modules hold the compiler.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const solc = createRequire(process.env.SOLC_RESOLVE_FROM ?? import.meta.url)("solc");

if (process.argv.includes("--version")) {
  console.log("solc, the solidity compiler commandline interface");
  console.log(`Version: ${solc.version().replace("Emscripten.clang", "Linux.g++")}`);
} else {
  process.stdout.write(solc.compile(readFileSync(0, "utf8")));
}
