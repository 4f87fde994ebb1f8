import { RoleLoop } from "../roles/role-loop.ts";
import { DerivationError, type Deriver } from "./deriver.ts";

export interface DerivationLoopOptions {
  /** Milliseconds between looks at L1 while it has nothing new. */
  readonly poll: number;
  /** Told of every failed step. The loop goes on, unless `fatal`. */
  readonly onError: (error: Error, fatal: boolean) => void;
  /** Told whenever L1 has been read to its end. */
  readonly onIdle?: () => void;
}

/** Keeps a deriver stepping. L1 that fails is asked again, after pauses that grow. */
export class DerivationLoop extends RoleLoop {
  constructor(deriver: Deriver, { poll, onError, onIdle }: DerivationLoopOptions) {
    const step = async (): Promise<boolean> => {
      const isIdle = (await deriver.step()) === "idle";
      if (isIdle) onIdle?.();
      return !isIdle;
    };
    super(step, {
      poll,
      onError: (error) => {
        const fatal = error instanceof DerivationError;
        onError(error, fatal);
        return !fatal;
      },
    });
  }
}
