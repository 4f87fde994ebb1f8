import { WireReader, WireWriter } from "./codec.ts";
import { KernelError } from "./errors.ts";
import { KernelInstance } from "./instance.ts";
import { readInvalidBlock } from "./outcomes.ts";
import type { ChainConfig, Header, InvalidBlock, PreimageOracle } from "./types.ts";
import { readHeader, writeConfig } from "./wire.ts";

/** A block and what it is executed on; the state and the headers come from a witness. */
export interface StatelessInput {
  readonly config: ChainConfig;
  readonly parentHash: Uint8Array;
  /** Block RLP. */
  readonly block: Uint8Array;
  readonly ommerRewards?: boolean;
}

/** Everything an execution reads: trie nodes, code, headers (by keccak), and the model (by its root). */
export interface Witness {
  readonly preimages: readonly (readonly [hash: Uint8Array, bytes: Uint8Array])[];
}

export type StatelessOutcome =
  | InvalidBlock
  | { readonly valid: true; readonly root: Uint8Array; readonly hash: Uint8Array; readonly header: Header };

/** Seeds of the program's tables: fixed, since a proof has to be repeatable. */
export const PROGRAM_SEED: Uint8Array = new Uint8Array(16);

/**
 * Executes a block with the scalar stateless program, from the witness alone.
 *
 * @throws KernelError `MISSING_PREIMAGE` when the witness lacks something the execution reads
 */
export async function executeStateless(witness: Witness, input: StatelessInput): Promise<StatelessOutcome> {
  const byHash = new Map(witness.preimages.map(([hash, bytes]) => [keyOf(hash), bytes]));
  return run({ preimage: (hash) => byHash.get(keyOf(hash)), blockHash: () => undefined }, input);
}

/**
 * Executes a block as `executeStateless` does, from a full oracle, and returns the part of it that was read.
 *
 * @param oracle resolves the hashes of trie nodes, code and headers, and the root of the configured model; with `node`,
 *   trie nodes of the parent's state by their place
 */
export async function recordWitness(
  oracle: PreimageOracle["preimage"] | Pick<PreimageOracle, "preimage" | "node">,
  input: StatelessInput,
): Promise<{ readonly outcome: StatelessOutcome; readonly witness: Witness }> {
  const read = new Map<string, readonly [Uint8Array, Uint8Array]>();
  const { preimage, node }: Pick<PreimageOracle, "preimage" | "node"> =
    typeof oracle === "function" ? { preimage: oracle } : oracle;
  const record = (hash: Uint8Array, bytes: Uint8Array | undefined): Uint8Array | undefined => {
    if (bytes) read.set(keyOf(hash), [hash, bytes]);
    return bytes;
  };
  const recorder: PreimageOracle = {
    preimage: (hash) => record(hash, preimage.call(oracle, hash)),
    node: (owner, path, hash, key) => record(hash, node?.call(oracle, owner, path, hash, key)),
    blockHash: () => undefined,
  };
  const outcome = await run(recorder, input);
  return { outcome, witness: { preimages: [...read.values()] } };
}

async function run(oracle: PreimageOracle, input: StatelessInput): Promise<StatelessOutcome> {
  const instance = await KernelInstance.create("program", oracle, undefined, PROGRAM_SEED);
  return readProgramAnswer(instance.call("runProgram", programMessage(input)));
}

/** The message that the program's `runProgram` takes, for whoever runs the program elsewhere. */
export function programMessage({ config, parentHash, ommerRewards = true, block }: StatelessInput): Uint8Array {
  const out = new WireWriter();
  writeConfig(out, config);
  return out.fixed(parentHash, 32).u8(ommerRewards).bytes(block).written.slice();
}

/** The answer of `runProgram`. */
export function readProgramAnswer(answer: Uint8Array): StatelessOutcome {
  const from = new WireReader(answer);
  if (!from.bool()) return readInvalidBlock(from);
  const header = readHeader(from);
  return { valid: true, root: header.stateRoot, hash: from.fixed(32), header };
}

function keyOf(hash: Uint8Array): string {
  if (hash.length !== 32) throw new KernelError("INVALID_ARGUMENT", `expected 32 bytes, got ${hash.length}`);
  return Buffer.from(hash.buffer, hash.byteOffset, 32).toString("latin1");
}
