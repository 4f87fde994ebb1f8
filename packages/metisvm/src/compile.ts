import type { ForkName } from "@hyperion/kernel";
import { emitModule } from "./emit/function.ts";
import { analyse } from "./program/bytecode.ts";
import { type Budget, explore, TooLarge } from "./program/explore.ts";
import { findFacts } from "./program/ranges.ts";

/**
 * `simple` keeps the stack in memory between blocks and is small and soon compiled; `window` keeps it in locals, cloning
 * blocks for what is known of it.
 */
export type Tier = "simple" | "window";

const BUDGETS: Readonly<Record<Tier, Budget>> = {
  simple: {
    window: false,
    maxWindow: 0,
    maxAbsolute: 0,
    maxRelative: 0,
    maxRepeats: 0,
    maxVersions: 6000,
    mostVersions: 8000,
    maxInstructions: 30_000,
  },
  window: {
    window: true,
    maxWindow: 48,
    maxAbsolute: 48,
    maxRelative: 6,
    maxRepeats: 2,
    maxVersions: 6000,
    mostVersions: 8000,
    maxInstructions: 30_000,
  },
};

/** Larger modules take the engine many seconds, and hundreds of megabytes, to optimise. */
const MAX_BYTES: Readonly<Record<Tier, number>> = { simple: 640 * 1024, window: 512 * 1024 };

/**
 * Compiles code to a WebAssembly module for the kernel's memory, under the rules of a fork.
 *
 * @throws TooLarge when the code does not fit the tier's budget: it stays interpreted
 */
export function compile(code: Uint8Array, fork: ForkName, tier: Tier): Uint8Array {
  const exploration = explore(analyse(code, fork), BUDGETS[tier]);
  findFacts(exploration);
  const module = emitModule(exploration);
  if (module.length > MAX_BYTES[tier]) throw new TooLarge(`a module of ${module.length} bytes`);
  return module;
}
