import { MachineError } from "../errors.ts";
import { Guest } from "../guest.ts";
import { translate } from "../translate/translate.ts";

const STEPS = 50_000_000n;

/** `equal`; `trapped` both times; `skipped` when it takes too long or V8's own stack ends; otherwise what differs. */
export type ModuleVerdict = "equal" | "trapped" | "skipped" | { readonly difference: string };

interface RandomExports {
  main(a: number, b: bigint): bigint;
  readonly memory: WebAssembly.Memory;
}

/** Runs a module of `randomModule` under the JavaScript engine and translated: result, memory and traps have to be the same. */
export function moduleDifference(wasm: Uint8Array, a: number, b: bigint): ModuleVerdict {
  const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  const native = new WebAssembly.Instance(module).exports as unknown as RandomExports;
  const guest = new Guest(translate(wasm).image, {}, { stepLimit: STEPS });
  const [expected, actual] = [outcome(() => native.main(a, b)), outcome(() => guest.call("main", a, b))];
  if (expected === "skipped" || actual === "skipped") return "skipped";
  if (expected !== actual) return { difference: `result ${actual} in place of ${expected}` };
  const size = native.memory.buffer.byteLength;
  if (guest.memorySize !== size) return { difference: `${guest.memorySize} bytes of memory in place of ${size}` };
  const [left, right] = [new Uint8Array(native.memory.buffer), guest.read(0, size)];
  const at = left.findIndex((byte, i) => byte !== right[i]);
  if (at >= 0) return { difference: `memory at ${at}: ${right[at]} in place of ${left[at]}` };
  return expected === "trapped" ? "trapped" : "equal";
}

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof MachineError && error.code === "PANIC") return "trapped";
    if (error instanceof WebAssembly.RuntimeError) return "trapped";
    if (error instanceof RangeError || (error instanceof MachineError && error.code === "STEP_LIMIT")) return "skipped";
    throw error;
  }
}
