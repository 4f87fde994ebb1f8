import type { CodeCompiler } from "@hyperion/kernel";
import { AdaptiveCompiler, EagerCompiler } from "@hyperion/metisvm";
import type { NodeConfig } from "./config/schema.ts";

/** Who compiles a node's contracts; undefined: nobody, all are interpreted. */
export interface NodeCompiler {
  readonly compiler: CodeCompiler | undefined;
  /** What the background compiler did; undefined for the others. */
  readonly background: AdaptiveCompiler | undefined;
  close(): Promise<void>;
}

/** `onFailure` hears of contracts that the background compiler failed on; they go on interpreted. */
export const createCompiler = (jit: NodeConfig["jit"], onFailure: (error: Error) => void): NodeCompiler => {
  if (jit === "auto") {
    const background = new AdaptiveCompiler({ onFailure });
    return { compiler: background, background, close: () => background.close() };
  }
  const compiler = jit === "off" ? undefined : new EagerCompiler(jit);
  return { compiler, background: undefined, close: async () => {} };
};
