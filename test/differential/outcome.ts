import type { Scenario } from "./scenario.ts";
import { hasRulesOf } from "./scenario.ts";

/** What both implementations must agree on. */
export interface Outcome {
  readonly success: boolean;
  readonly output: string;
  /** After refunds, intrinsic gas included. */
  readonly gasUsed: bigint;
  /** `address topics… data`, in order. */
  readonly logs: readonly string[];
  readonly stateRoot: string;
}

/** Yellow Paper g0 for a plain message. */
export function intrinsicGas({ fork, data }: Scenario): bigint {
  const perByte = hasRulesOf(fork, "Istanbul") ? 16 : 68;
  return BigInt(data.reduce((gas, byte) => gas + (byte === 0 ? 4 : perByte), 21_000));
}

/** EIP-7623. */
export function floorGas({ fork, data }: Scenario): bigint {
  return hasRulesOf(fork, "Prague") ? BigInt(data.reduce((gas, byte) => gas + (byte === 0 ? 10 : 40), 21_000)) : 0n;
}

/** What the message may spend on execution: at least what lifts its gas limit to the floor, below which it is invalid. */
export function executionGas(scenario: Scenario): bigint {
  const least = floorGas(scenario) - intrinsicGas(scenario);
  return scenario.gas > least ? scenario.gas : least;
}

/** Lines for each field in which the outcomes differ. */
export function outcomeDifferences(expected: Outcome, actual: Outcome): string[] {
  const fields = ["success", "output", "gasUsed", "logs", "stateRoot"] as const;
  return fields.flatMap((field) => {
    const [want, got] = [`${expected[field]}`, `${actual[field]}`];
    return want === got ? [] : [`${field}: @ethereumjs/evm ${want}, Hyperion ${got}`];
  });
}
