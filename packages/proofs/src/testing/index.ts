/** What the soak and the bench use besides the package itself. */

export { type ModuleVerdict, moduleDifference } from "./module-difference.ts";
export { randomModule } from "./random-module.ts";
export { RandomSource } from "./random-source.ts";
