import { type ChainConfig, presetConfig } from "@hyperion/kernel";
import type { RollupConfig } from "./rollup-config.ts";

/** What the kernel has to know of a rollup: Prague from genesis on, the OP Stack's rules on top. */
export const rollupChainConfig = (
  config: Pick<RollupConfig, "l2ChainId" | "baseFeeDenominator" | "elasticity" | "jovianTime">,
): ChainConfig => {
  const { baseFeeDenominator, elasticity, jovianTime } = config;
  return {
    ...presetConfig("Prague", config.l2ChainId)!,
    rollup: { baseFeeDenominator, elasticity, ...(jovianTime !== undefined && { jovianTime }) },
  };
};
