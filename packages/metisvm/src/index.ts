/** EVM code compiled to WebAssembly that runs in the kernel's memory. */

export { AdaptiveCompiler, type AdaptiveOptions, type CompilerStatistics } from "./adaptive-compiler.ts";
export { compile, type Tier } from "./compile.ts";
export { EagerCompiler } from "./eager-compiler.ts";
export { TooLarge } from "./program/explore.ts";
