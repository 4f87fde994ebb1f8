import { I64 } from "./instructions.ts";
import { GLOBALS, KERNEL_FUNCTIONS, MAXIMUM_PAGES } from "./module.ts";

/** An entry that no function has: it returns at once. */
const NO_ENTRY = -1;

/**
 * Runs the function of a module once, outside any kernel. Engines generate a function's machine code when it is first called
 * and share it among threads: whoever calls it next does not wait for that.
 */
export function firstRun(module: WebAssembly.Module): void {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES, shared: true });
  const functions = KERNEL_FUNCTIONS.map((name) => [name, () => 0]);
  const globals = Object.entries(GLOBALS).map(([name, type]) => [
    name,
    type === I64
      ? new WebAssembly.Global({ value: "i64", mutable: true }, 0n)
      : new WebAssembly.Global({ value: "i32", mutable: true }, 0),
  ]);
  const kernel = Object.fromEntries([...functions, ...globals]) as WebAssembly.ModuleImports;
  const { exports } = new WebAssembly.Instance(module, { env: { memory }, kernel });
  (exports.run as (entry: number) => number)(NO_ENTRY);
}
