import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Abi, Hex } from "viem";
import { REPOSITORY } from "../conformance/fixtures.ts";

export interface Artifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

/** A compiled contract of `contracts/test`: an OpenZeppelin ERC-20 and a Uniswap-v2-style factory, pair and router. */
export function testContract(name: "Token" | "Factory" | "Pair" | "Router"): Artifact {
  return JSON.parse(readFileSync(join(REPOSITORY, "contracts", "dist", "test", `${name}.json`), "utf8")) as Artifact;
}

export const SUPPLY: bigint = 1_000_000n * 10n ** 18n;
export const LIQUIDITY: bigint = 10_000n * 10n ** 18n;
export const SOLD: bigint = 100n * 10n ** 18n;

/** What a constant-product market with a fee of 0.3 % pays for `SOLD` out of `LIQUIDITY` on both sides. */
export const BOUGHT: bigint = (SOLD * 997n * LIQUIDITY) / (LIQUIDITY * 1000n + SOLD * 997n);

/** A time no test outlives. */
export const DEADLINE: bigint = 4_000_000_000n;
