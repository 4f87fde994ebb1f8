/** What the soak and the bench use besides the package itself. */

export { createGuestEngine, type GuestEngine, translateEngine } from "./guest-engine.ts";
export {
  type BlockCall,
  countCall,
  inferenceCall,
  loopCall,
  type WitnessedBlock,
  witnessedBlock,
} from "./inference-block.ts";
export { evidenceDifference, inferenceDifference } from "./inference-difference.ts";
export { type ModuleVerdict, moduleDifference } from "./module-difference.ts";
export { randomModule } from "./random-module.ts";
export { RandomSource } from "./random-source.ts";
