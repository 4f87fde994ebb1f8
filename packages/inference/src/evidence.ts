import { bytesToHex, concat, type Hex, keccak256 } from "viem";
import type { Evidence, Examiner } from "./engine.ts";

/** What a run of the precompile gives; two runs of one call are equal if all of it is. */
export interface CallEvidence {
  readonly output: Hex;
  /** 0 success, 1 revert, 2 out of gas. */
  readonly status: number;
  readonly gasUsed: string;
  /** keccak256 over the layers' links; null when no layer ran (docs/spec/inference.md, "Evidence"). */
  readonly stateRoot: Hex | null;
  readonly layers: readonly Hex[];
}

/** What a chain takes for finding a model that is not the default one. */
const REGISTRY_GAS = 2100n;

/** Runs a call of the precompile anew; `registered`: to a model that the chain has from its registry. */
export function examineCall(engine: Examiner, calldata: Uint8Array, gas: bigint, registered = false): CallEvidence {
  const available = registered ? gas - REGISTRY_GAS : gas;
  if (available < 0n) return { status: 2, output: "0x", gasUsed: gas.toString(), stateRoot: null, layers: [] };
  const evidence = engine.examine(calldata, available);
  return evidenceOf(evidence, gas);
}

function evidenceOf({ status, output, gasLeft, layers }: Evidence, gas: bigint): CallEvidence {
  const links = layers.map((layer) => bytesToHex(layer));
  return {
    status,
    output: bytesToHex(output),
    gasUsed: (gas - gasLeft).toString(),
    stateRoot: links.length === 0 ? null : keccak256(concat(links)),
    layers: links,
  };
}

/** Where two runs differ, in words; empty when they are the same. */
export function differences(claimed: CallEvidence, computed: CallEvidence): string[] {
  const found: string[] = [];
  const compare = (what: string, a: unknown, b: unknown): void => {
    if (a !== b) found.push(`${what}: claimed ${a}, computed ${b}`);
  };
  compare("status", claimed.status, computed.status);
  compare("output", claimed.output, computed.output);
  compare("gas used", claimed.gasUsed, computed.gasUsed);
  compare("state root", claimed.stateRoot, computed.stateRoot);
  const layer = computed.layers.findIndex((link, i) => link !== claimed.layers[i]);
  if (layer >= 0) found.push(`first layer that differs: ${layer}`);
  return found;
}
