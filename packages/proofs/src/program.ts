import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import {
  type Curves,
  createCurves,
  PROGRAM_SEED,
  programMessage,
  readProgramAnswer,
  type StatelessInput,
  type StatelessOutcome,
  type Witness,
} from "@hyperion/kernel";
import { MachineError } from "./errors.ts";
import { Guest, type GuestImports, type GuestOptions } from "./guest.ts";
import type { Image } from "./image.ts";
import { type Translation, translate } from "./translate/translate.ts";

const HASH = 32;

/** The stateless program, as this version of the kernel has it, translated. */
export async function translateProgram(): Promise<Translation> {
  return translate(await readFile(createRequire(import.meta.url).resolve("@hyperion/kernel/program.wasm")));
}

/** What a replay came to, and what it took. */
export interface Replay {
  readonly outcome: StatelessOutcome;
  readonly steps: bigint;
  /** The machine as it was left. */
  readonly guest: Guest;
}

/**
 * Executes a block as `executeStateless` does, with the program's image in the emulator.
 *
 * @throws MachineError `PANIC` when the program traps, `MISSING_PREIMAGE` when the witness lacks something it reads
 */
export async function replayBlock(
  image: Image,
  { preimages }: Witness,
  input: StatelessInput,
  options?: GuestOptions,
): Promise<Replay> {
  const byHash = new Map(preimages.map(([hash, bytes]) => [keyOf(hash), bytes]));
  const curves = await createCurves();
  const guest: Guest = new Guest(
    image,
    programImports(() => guest, byHash, curves),
    options,
  );
  callProgram(guest, "initialise", PROGRAM_SEED);
  const outcome = readProgramAnswer(callProgram(guest, "runProgram", programMessage(input)));
  return { outcome, steps: guest.emulator.steps, guest };
}

/** Messages go and come as packages/kernel/assembly/entry/wire.ts says. */
function callProgram(guest: Guest, name: string, message: Uint8Array): Uint8Array {
  guest.write(Number(guest.call("ioInput", message.length)), message);
  const length = Number(guest.call(name, message.length)) >>> 0;
  return guest.read(Number(guest.call("ioOutput")), length);
}

function programImports(guest: () => Guest, byHash: ReadonlyMap<string, Uint8Array>, curves: Curves): GuestImports {
  const give = (bytes: Uint8Array, out: number, capacity: number): number => {
    if (bytes.length <= capacity >>> 0) guest().write(out, bytes);
    return bytes.length;
  };
  const preimage = (hash: number, out: number, capacity: number): number => {
    const key = guest().read(hash, HASH);
    const bytes = byHash.get(keyOf(key));
    if (!bytes) throw new MachineError("MISSING_PREIMAGE", `unknown preimage of 0x${Buffer.from(key).toString("hex")}`);
    return give(bytes, out, capacity);
  };
  return {
    "host.preimage": preimage,
    "host.node": (_owner: number, _path: number, _nibbles: number, hash: number, out: number, capacity: number) =>
      preimage(hash, out, capacity),
    "host.curve": (id: number, input: number, length: number, out: number, capacity: number): number => {
      const result = curves(id, guest().read(input, length >>> 0));
      return result ? give(result, out, capacity) : -1;
    },
  };
}

function keyOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString("latin1");
}
