import { readFile } from "node:fs/promises";

/** Builds of the kernel: for nodes, with per-instruction tracing, and the scalar stateless program. */
export type KernelBuild = "kernel" | "kernel-trace" | "program";

const compiled = new Map<KernelBuild, Promise<WebAssembly.Module>>();

/** The compiled module of a build, read once per process from the package's `dist`. */
export function compileKernel(build: KernelBuild): Promise<WebAssembly.Module> {
  let module = compiled.get(build);
  if (!module) {
    module = readFile(new URL(`../dist/${build}.wasm`, import.meta.url)).then((bytes) => WebAssembly.compile(bytes));
    compiled.set(build, module);
  }
  return module;
}
