import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { decodeHeader, type Engine } from "@hyperion/inference";
import { Guest, type GuestOptions } from "../guest.ts";
import { type Translation, translate } from "../translate/translate.ts";

/** The part of an engine's interface that comparisons need. */
export interface GuestEngine extends Pick<Engine, "id" | "forward" | "read" | "logits" | "precompile" | "examine"> {
  readonly guest: Guest;
}

let translation: Translation | undefined;

/** The scalar inference engine, translated. */
export function translateEngine(): Translation {
  translation ??= translate(
    readFileSync(createRequire(import.meta.url).resolve("@hyperion/inference/engine-scalar.wasm")),
  );
  return translation;
}

/** The scalar engine over a language model, in the emulator. Throws when it refuses the model. */
export function createGuestEngine(blob: Uint8Array, options?: GuestOptions): GuestEngine {
  const guest = new Guest(translateEngine().image, {}, options);
  const call = (name: string, ...values: (number | bigint)[]): number => Number(guest.call(name, ...values));
  const bytes = (at: string, length: number): Uint8Array => guest.read(call(at), length);
  const blobAt = call("allocateModel", blob.length);
  guest.write(blobAt, blob);
  const status = call("loadModel", blobAt, blob.length);
  if (status !== 0) throw new Error(`the engine refuses the model with status ${status}`);
  const { layers, vocab } = decodeHeader(blob);
  const precompile: GuestEngine["precompile"] = (calldata, gas) => {
    guest.write(call("inferenceInput", calldata.length), calldata);
    const outcome = call("inferencePrecompile", calldata.length, gas);
    const output = bytes("inferenceOutput", call("inferenceOutputLength"));
    return { status: outcome, output, gasLeft: guest.call("inferenceGasLeft") as bigint };
  };
  return {
    guest,
    id: bytes("modelId", 32),
    forward: (token, position) => call("inferenceForward", token, position),
    read(tokens) {
      guest.write(call("inferenceTokens"), new Uint8Array(Uint32Array.from(tokens).buffer));
      return call("inferenceRead", tokens.length);
    },
    logits: () => new Int32Array(bytes("inferenceLogits", 4 * vocab).buffer),
    precompile,
    examine(calldata, gas) {
      guest.call("beginEvidence");
      const outcome = precompile(calldata, gas);
      guest.call("endEvidence");
      const count = call("evidencePasses") === 0 ? 0 : layers;
      const chains = bytes("evidenceChains", 32 * count);
      return { ...outcome, layers: Array.from({ length: count }, (_, i) => chains.slice(32 * i, 32 * i + 32)) };
    },
  };
}
