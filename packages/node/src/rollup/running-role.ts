import { L1Error, L2NodeError, RoleLoop } from "@hyperion/rollup";
import type { Logger } from "pino";
import { BaseError } from "viem";

/** What a role does at the moment. `stuck`: it goes on as soon as what the reason names is mended. */
export type RoleState =
  | { readonly state: "waiting" }
  | { readonly state: "working"; readonly did: string }
  | { readonly state: "stuck"; readonly code: string; readonly reason: string };

/** A process beside the sequencer that writes to L1. */
export interface RunningRole {
  /** Account that pays on L1. */
  readonly address: `0x${string}`;
  readonly state: RoleState;
  /** Hears of every change of the state. */
  onState(listener: (state: RoleState) => void): void;
  /** Ends after the step in progress. Idempotent. */
  close(): Promise<void>;
}

export interface RoleOptions {
  readonly name: string;
  readonly address: `0x${string}`;
  /** Milliseconds between steps that found nothing to do. */
  readonly poll: number;
  readonly logger: Logger;
  /** Does what is due, one piece; resolves to nothing when nothing was. */
  readonly step: () => Promise<RoleStep | undefined>;
}

export interface RoleStep {
  /** What was done, in words. */
  readonly did: string;
  /** More is due at once. */
  readonly more: boolean;
}

/** Repeats the step, for ever: whatever fails on L1 or L2 may work later. */
export const runRole = ({ name, address, poll, logger, step }: RoleOptions): RunningRole => {
  let state: RoleState = { state: "waiting" };
  let listener: (state: RoleState) => void = () => {};
  const enter = (next: RoleState): void => {
    const isSame = JSON.stringify(next) === JSON.stringify(state);
    state = next;
    if (!isSame) listener(next);
  };
  const loop = new RoleLoop(
    async () => {
      const done = await step();
      enter(done ? { state: "working", did: done.did } : { state: "waiting" });
      return done?.more ?? false;
    },
    {
      poll,
      onError: (error) => {
        logger.warn({ component: name, err: error }, "a step failed; it is tried again");
        enter({ state: "stuck", ...describe(error) });
        return true;
      },
    },
  );
  loop.start();
  return {
    address,
    get state() {
      return state;
    },
    onState: (told) => {
      listener = told;
    },
    close: () => loop.stop(),
  };
};

const describe = (error: Error): { readonly code: string; readonly reason: string } => {
  if (error instanceof L1Error || error instanceof L2NodeError) return { code: error.code, reason: error.shortMessage };
  // L2 is read through errors of its own.
  if (error instanceof BaseError) return { code: "L1_UNREACHABLE", reason: error.shortMessage };
  return { code: "FAILED", reason: error.message };
};
