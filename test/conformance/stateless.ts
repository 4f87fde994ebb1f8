import type { BlockOutcome, PreimageOracle, StatelessInput, StatelessOutcome } from "@hyperion/kernel";
import { executeStateless, recordWitness } from "@hyperion/kernel";
import { toHex } from "./hex.ts";
import type { Mismatch } from "./suite.ts";

/**
 * Executes a block once more with the stateless program, from the witness of what it reads alone, and compares the outcome
 * with that of the stateful kernel.
 */
export async function statelessMismatch(
  oracle: PreimageOracle,
  input: StatelessInput,
  stateful: BlockOutcome,
): Promise<Mismatch | undefined> {
  const recorded = await recordWitness((hash) => oracle.preimage(hash), input);
  const fromWitness = await executeStateless(recorded.witness, input);
  for (const outcome of [recorded.outcome, fromWitness]) {
    const [expected, actual] = [describe(stateful), describe(outcome)];
    if (expected !== actual) return { reason: "stateless outcome", expected, actual };
  }
  return undefined;
}

function describe(outcome: BlockOutcome | StatelessOutcome): string {
  if (!outcome.valid) return "invalid block";
  return `block ${toHex(outcome.hash)}, state root ${toHex(outcome.header.stateRoot)}`;
}
