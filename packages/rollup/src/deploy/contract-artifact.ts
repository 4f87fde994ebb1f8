import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Abi, Hex } from "viem";

/** Where a state variable lies: `slot`, and `offset` bytes from the low end of the word. */
export interface StateVariable {
  readonly label: string;
  readonly slot: number;
  readonly offset: number;
  readonly bytes: number;
  readonly type: string;
}

/** A compiled contract of `@hyperion/contracts`. */
export interface ContractArtifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
  readonly deployedBytecode: Hex;
  /** Values that the constructor writes into the code: with any, the deployed bytecode is a template. */
  readonly immutables: number;
  readonly storageLayout: readonly StateVariable[];
}

const resolve = createRequire(import.meta.url).resolve;

/** @param name folder and contract, such as `l2/L1Block` */
export const contractArtifact = (name: string): ContractArtifact =>
  JSON.parse(readFileSync(resolve(`@hyperion/contracts/${name}.json`), "utf8"));
